"""Check one condition of a rule at push each. Pure functions, which yield sentences for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.holdfast.registry.plugins.module_utils.gate.images import Contents, Image
from ansible_collections.holdfast.registry.plugins.module_utils.gate.patterns import (
    listed,
    matches,
    shown,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import (
        PushRulePlan,
    )

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


def _name(rule: PushRulePlan, pushed: Pushed) -> Iterator[str]:
    if rule["names"] and not matches(rule["names"], pushed.repository):
        # As nginx says it: templates/proxy/server/refusals.j2.
        yield (
            f"no repository may have the name {pushed.repository}: push to one with a name like"
            f" {listed(rule['names'])}"
        )


def _tag(rule: PushRulePlan, pushed: Pushed) -> Iterator[str]:
    tag, allowed = pushed.tag, rule["tags"]
    if tag and allowed and not ATTACHED.fullmatch(tag) and not matches(allowed, tag):
        yield (
            f"tag {tag} is not allowed in {pushed.repository}: push under a tag like"
            f" {listed(allowed)}"
        )


def _immutable(rule: PushRulePlan, pushed: Pushed) -> Iterator[str]:
    if pushed.replaced in ("", pushed.digest) or not keeps(rule, pushed.tag):
        return
    yield (
        f"tag {pushed.tag} of {pushed.repository} is immutable and is {pushed.replaced}:"
        " push under another tag"
    )


def keeps(rule: PushRulePlan, tag: str) -> bool:
    """Return True if a rule makes a tag immutable."""
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
