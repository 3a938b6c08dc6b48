"""Decide if a push meets the rules of its repository. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.holdfast.registry.plugins.module_utils.gate.images import Contents, Image

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import (
        Patterns,
        PushRulePlan,
    )

OWN = "holdfast/"
"""Beginning of the repositories of holdfast's own tests, which no rule covers."""
ATTACHED = re.compile(r"sha(?:256|512)-[0-9a-f]{64,128}(?:\.[a-z]+)?")
"""Tags by which clients find signatures and other artifacts of an image; they change."""
CONFLICT, FORBIDDEN = 409, 403


class Pushed(NamedTuple):
    """A push, as far as rules are about it."""

    repository: str
    tag: str
    """"" for a push by digest."""
    digest: str
    replaced: str
    """Digest that the tag has; "" for a new tag."""
    contents: Contents


class Finding(NamedTuple):
    """A condition that a push does not meet."""

    rule: str
    """Place in the settings."""
    condition: str
    refuses: bool
    status: int
    text: str


def covers(patterns: Patterns, repository: str) -> bool:
    """Return True if patterns of a rule or a quota match a repository."""
    return not repository.startswith(OWN) and matches(patterns, repository)


def matches(patterns: Patterns, text: str) -> bool:
    """Return True if one of the patterns matches the whole text."""
    return _compiled(tuple(patterns.values())).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _compiled(expressions: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in expressions) or r"(?!)")


def covering(rules: Iterable[PushRulePlan], repository: str) -> list[PushRulePlan]:
    """Return the rules for a repository."""
    return [rule for rule in rules if covers(rule["repositories"], repository)]


def locks(rules: Iterable[PushRulePlan], tag: str) -> bool:
    """Return True if one of the rules makes a tag immutable."""
    return any(_keeps(rule, tag) for rule in rules)


def findings(rules: Iterable[PushRulePlan], pushed: Pushed) -> list[Finding]:
    """Return what a push does not meet, among the rules that cover its repository."""
    return [
        Finding(f"registry_push_rules[{rule['number']}]", name, rule["refuse"], status, text)
        for rule in covering(rules, pushed.repository)
        for name, status, check in CHECKS
        for text in check(rule, pushed)
    ]


def listed(words: Iterable[str]) -> str:
    """Return words as a text, a long list shortened."""
    every = list(words)
    return ", ".join(every[:6]) + (f" and {len(every) - 6} more" if len(every) > 6 else "")


def shown(size: int) -> str:
    """Return a size as text, such as `1.5 GiB`."""
    number, unit = float(size), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if number < 1024:
            break
        number, unit = number / 1024, larger
    return f"{size} bytes" if unit == "bytes" else f"{number:.1f} {unit}".replace(".0 ", " ")


def _name(rule: PushRulePlan, pushed: Pushed) -> Iterator[str]:
    if rule["names"] and not matches(rule["names"], pushed.repository):
        yield name_text(pushed.repository, rule["names"])


def name_text(repository: str, names: Patterns) -> str:
    """Return the sentence for a name that is not allowed."""
    return (
        f"no repository may have the name {repository}: push to one with a name like"
        f" {listed(names)}"
    )


def _tag(rule: PushRulePlan, pushed: Pushed) -> Iterator[str]:
    tag, allowed = pushed.tag, rule["tags"]
    if tag and allowed and not ATTACHED.fullmatch(tag) and not matches(allowed, tag):
        yield (
            f"tag {tag} is not allowed in {pushed.repository}: push under a tag like"
            f" {listed(allowed)}"
        )


def _immutable(rule: PushRulePlan, pushed: Pushed) -> Iterator[str]:
    if pushed.replaced in ("", pushed.digest) or not _keeps(rule, pushed.tag):
        return
    yield (
        f"tag {pushed.tag} of {pushed.repository} is immutable and is {pushed.replaced}:"
        " push under another tag"
    )


def _keeps(rule: PushRulePlan, tag: str) -> bool:
    return bool(tag) and not ATTACHED.fullmatch(tag) and matches(rule["immutable"], tag)


def _bytes(rule: PushRulePlan, pushed: Pushed) -> Iterator[str]:
    most = rule["max_bytes"]
    sizes = [one.size for one in pushed.contents.images]
    if most is not None and max(sizes, default=0) > most:
        yield (
            f"the image has {shown(max(sizes))}, and {shown(most)} are the most in"
            f" {pushed.repository}: make it smaller"
        )


def _layers(rule: PushRulePlan, pushed: Pushed) -> Iterator[str]:
    most = rule["max_layers"]
    counts = [one.layers for one in pushed.contents.images]
    if most is not None and max(counts, default=0) > most:
        yield (
            f"the image has {max(counts)} layers, and {most} are the most in"
            f" {pushed.repository}: build it with fewer"
        )


def _labels(rule: PushRulePlan, pushed: Pushed) -> Iterator[str]:
    found = [one.labels for one in _running(pushed)]
    missing = _missing(rule["require_labels"], found)
    if missing:
        yield f"the image lacks the label {listed(missing)}: build it with --label {missing[0]}=..."


def _annotations(rule: PushRulePlan, pushed: Pushed) -> Iterator[str]:
    if not pushed.tag or ATTACHED.fullmatch(pushed.tag):
        return
    top = pushed.contents.annotations
    found = [top | one.annotations for one in _running(pushed)] or [top]
    missing = _missing(rule["require_annotations"], found)
    if missing:
        yield f"the manifest lacks the annotation {listed(missing)}: add it to the build"


def _platforms(rule: PushRulePlan, pushed: Pushed) -> Iterator[str]:
    allowed = rule["platforms"]
    other = [
        one.platform or "unknown"
        for one in _running(pushed)
        if allowed and not any(_fits(one.platform, platform) for platform in allowed)
    ]
    if other:
        yield (
            f"the platform {other[0]} is not allowed in {pushed.repository}: build for"
            f" {listed(allowed)}"
        )


def _fits(platform: str, pattern: str) -> bool:
    """Return True if a platform has the parts of a pattern; a shorter pattern takes any variant."""
    parts, wanted = platform.split("/"), pattern.split("/")
    pairs = zip(wanted, parts, strict=False)
    return len(wanted) <= len(parts) and all(one in ("*", other) for one, other in pairs)


def _running(pushed: Pushed) -> list[Image]:
    return [one for one in pushed.contents.images if one.runs]


def _missing(wanted: Iterable[str], found: Iterable[frozenset[str]]) -> list[str]:
    every = list(found)
    return [one for one in wanted if any(one not in keys for keys in every)]


Check = Callable[["PushRulePlan", Pushed], Iterator[str]]
CHECKS: tuple[tuple[str, int, Check], ...] = (
    ("names", FORBIDDEN, _name),
    ("tags", FORBIDDEN, _tag),
    ("immutable", CONFLICT, _immutable),
    ("max_bytes", FORBIDDEN, _bytes),
    ("max_layers", FORBIDDEN, _layers),
    ("require_labels", FORBIDDEN, _labels),
    ("require_annotations", FORBIDDEN, _annotations),
    ("platforms", FORBIDDEN, _platforms),
)
"""Conditions: name in the settings, status of a refusal, and its check."""
