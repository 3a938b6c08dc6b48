"""Describe what a retention found or did, a line for each thing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.retention import (
        Applied,
        Explained,
        PlannedRepository,
        PlannedTag,
        RetentionPlan,
        Undone,
        Untagged,
    )

Line = tuple[str, str]
"""State and text of an event."""
WORDS = {
    "drop": "no line of keep holds for it",
    "no drop": "no pattern of drop matches it",
    "grace": "it was pushed within the grace, or nobody knows when",
    "last tag": "all tags of the repository would go",
    "at_most": "enough others go in this run",
    "hangs": "it belongs to an image that is kept",
    "subject": "its image is kept",
    "unreadable": "something in the repository cannot be read",
}


def lines(verb: str, found: Any, image: str) -> list[Line]:
    """Return the lines of a verb's answer."""
    makers: dict[str, Callable[[Any, str], Iterator[Line]]] = {
        "plan": _planned,
        "apply": _applied,
        "undo": _undone,
        "untag": _untagged,
        "explain": _explained,
    }
    return list(makers[verb](found, image))


def _planned(found: RetentionPlan, _: str) -> Iterator[Line]:
    for one in found["unusable"]:
        yield "warning", f"{one}: missing, empty or older than a day; what it could name is kept"
    if found["refusal"]:
        yield "warning", f"an apply is refused: {found['refusal']}"
    for repository in found["repositories"]:
        yield from _repository(repository)
    goes = sum(not tag["keep"] for one in found["repositories"] for tag in one["tags"])
    every = sum(len(one["tags"]) for one in found["repositories"])
    size = sum(one["bytes"] for one in found["repositories"])
    names = f"{len(found['repositories'])} repositories with a rule"
    state = "would change" if goes else "ok"
    yield state, f"{names}: {goes} of {every} tags go, up to {size / 2**20:.1f} MiB"


def _repository(one: PlannedRepository) -> Iterator[Line]:
    for each in one["damaged"]:
        yield "warning", f"{one['repository']}: {each} cannot be read; nothing goes there"
    for tag in one["tags"]:
        if not tag["keep"]:
            yield "would change", f"drop {one['repository']}:{tag['tag']}, {_times(tag)}"
    tags = {tag["digest"] for tag in one["tags"] if not tag["keep"]}
    more = [each for each in one["manifests"] if each not in tags]
    if more:
        yield "would change", f"drop {len(more)} manifests without a tag in {one['repository']}"


def _times(tag: PlannedTag) -> str:
    siblings = f", also {', '.join(tag['siblings'][:5])}" if tag["siblings"] else ""
    pulled = f", pulled {day(tag['pulled'])}" if tag["pulled"] else ""
    return f"pushed {day(tag['pushed'])}{pulled}{siblings}"


def day(when: float | None) -> str:
    """Return a time as text, in UTC."""
    if when is None:
        return "at an unknown time"
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(when))


def _applied(found: Applied, _: str) -> Iterator[Line]:
    for one in found["damaged"]:
        yield "warning", f"{one} cannot be read; nothing goes there"
    for one in found["changed"]:
        yield "warning", f"{one} changed since the plan; it stays"
    for one in found["tags"]:
        yield "changed", f"dropped {one}"
    state = "changed" if found["tags"] or found["manifests"] else "ok"
    text = f"{len(found['tags'])} tags and {len(found['manifests'])} manifests"
    text += " for ever" if found["for_ever"] else " to the trash"
    yield state, f"{text}, up to {found['bytes'] / 2**20:.1f} MiB for the garbage collection"


def _undone(found: Undone, _: str) -> Iterator[Line]:
    for one in found["tags"]:
        yield "changed", f"brought back {one}"
    for one in found["kept"]:
        yield "warning", f"{one}: exists again, or something of its image is gone; it was left"
    if not found["tags"]:
        yield "ok", "no tag was brought back"
    else:
        yield "ok", "the rules that dropped them still hold: change registry_retention"


def _untagged(found: Untagged, image: str) -> Iterator[Line]:
    yield "changed", f"{image} is gone; it named {found['digest']}"
    if found["siblings"]:
        yield "ok", f"still there: {', '.join(found['siblings'][:20])}"
    else:
        yield "ok", "no other tag names it; it can be pulled by its digest, and goes by a rule"


def _explained(found: Explained, image: str) -> Iterator[Line]:
    tag, rule = found["tag"], found["rule"]
    if tag is None or rule is None:
        yield "ok", f"{image} is kept: no rule of registry_retention has its repository"
    else:
        why = WORDS.get(tag["why"], tag["why"])
        if tag["why"].startswith("keep["):
            line = rule["keep"][int(tag["why"][5:-1])]
            why = f"{tag['why']} holds: {', '.join(f'{key} {line[key]}' for key in line)}"  # type: ignore[literal-required]
        verb = "is kept" if tag["keep"] else "goes"
        yield "ok", f"{image} {verb}: {why}"
        yield "ok", f"rule for {', '.join(rule['repositories'])}; {tag['digest']}; {_times(tag)}"
    for push in found["pushes"]:
        what = f"pushed {push['digest']}" if push["digest"] else "taken away"
        who = f" by {push['by']}" if push["by"] else ""
        place = f" from {push['address']}" if push["address"] else ""
        yield "ok", f"{day(push['time'])} {what}{who}{place}"
