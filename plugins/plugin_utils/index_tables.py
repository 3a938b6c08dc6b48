"""Format answers of the index as tables of 80 columns, alike for the command and for Ansible."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.gate.patterns import shown
from ansible_collections.holdfast.registry.plugins.module_utils.system.foreign_text import visible

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.index import (
        IndexAnswer,
        IndexState,
    )

COLUMNS = 80
_DIGEST = len("sha256:") + 12
Row = dict[str, Any]


def lines(answer: IndexAnswer) -> list[str]:
    """Return the lines of an answer. Names are complete, also where they need more room."""
    found = answer["found"]
    if isinstance(found, list):
        made = list(_search(found)) or ["nothing found"]
    elif "repositories" in found:
        made = list(_catalog(found))
    else:
        made = list(_repository(found) if found["kind"] == "repository" else _image(found))
    return [one.rstrip() for one in made]


def warnings(state: IndexState) -> list[str]:
    """Return what somebody has to know who relies on an answer."""
    found = []
    if not state["complete"]:
        count = state["looked"]
        found.append(f"index: not complete yet, {count} repositories of the store are compared")
    if state["problem"]:
        found.append(f"index: {visible(state['problem'])}")
    return found


def _search(rows: list[Row]) -> Iterator[str]:
    for row in rows:
        name = f"{row['repository']}{':' if row['tag'] else ''}{row['tag']}"
        yield f"{row['kind']:<10}  {name:<46}  {row['digest'][:_DIGEST]}"
        more = row.get("label") or row.get("revision")
        if more:
            yield f"{'':<12}{_clipped(more, COLUMNS - 12)}"


def _catalog(found: dict[str, Any]) -> Iterator[str]:
    yield f"{'repository':<35}{'tags':>7}{'size':>13}{'alone':>13}  {'pushed':<10}"
    for row in found["repositories"]:
        sizes = f"{shown(row['real']):>13}{shown(row['alone']):>13}"
        yield f"{row['repository']:<35}{row['tags']:>7}{sizes}  {_day(row['pushed'])}"
    count = len(found["repositories"])
    yield f"{count} of {found['all']} repositories. All images: {shown(found['stored'])}"


def _repository(found: dict[str, Any]) -> Iterator[str]:
    yield found["repository"]
    for key, text in (
        ("size", "with each blob once"),
        ("alone", "that no other repository has"),
        ("untagged", "that no tag needs"),
    ):
        size = found["real" if key == "size" else key]
        yield f"  {key:<10}{shown(size)} {text}"
    yield f"{'tag':<21}{'platform':<14}{'size':>12}  {'pushed':<10}  digest"
    for row in found["tags"]:
        kind = row["platform"] if row["type"] == "image" else row["type"]
        middle = f"{_clipped(kind, 13):<14}{shown(row['bytes']):>12}  {_day(row['pushed'])}"
        yield f"{row['tag']:<20} {middle}  {row['digest'][:_DIGEST]}"


def _image(found: dict[str, Any]) -> Iterator[str]:
    yield f"{found['repository']}@{found['digest']}"
    facts = {
        "tags": ", ".join(found["tags"]),
        "type": f"{found['type']}  {found['artifact'] or found['media']}",
        "size": shown(found["bytes"]),
        "built": found["created"],
        "platform": found["platform"],
        "user": found["user"] or ("root, as none is set" if found["type"] == "image" else ""),
        "base": found["base"],
        "subject": found["subject"],
        "secrets?": ", ".join(found["secrets"]),
    }
    for key, text in facts.items():
        if text:
            yield f"  {key:<10}{_clipped(text, COLUMNS - 12)}"
    for title in ("labels", "annotations"):
        for key, text in found[title].items():
            yield f"  {title[:-1]:<10}{_clipped(f'{key}={text}', COLUMNS - 12)}"
    for row in found["platforms"]:
        size = shown(row["bytes"]) if row["bytes"] is not None else "not here"
        name, digest = _clipped(row["platform"], 22), row["digest"][:_DIGEST]
        yield f"  platform  {name:<22}{size:>12}  {digest}"
    for row in found["layers"]:
        size = shown(row["bytes"]) if row["here"] else "missing"
        shared = f"in {row['images']} images of {row['repositories']} repositories"
        yield f"  layer     {row['digest'][:_DIGEST]}{size:>12}  {shared}"
    for row in found["referrers"]:
        kind = _clipped(row["artifact"] or "no type", COLUMNS - 12 - _DIGEST - 2)
        yield f"  attached  {row['digest'][:_DIGEST]}  {kind}"


def _day(seconds: float | None) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(seconds)) if seconds else "-"


def _clipped(text: str, most: int) -> str:
    """Return a stranger's text as one line of so many characters at most."""
    plain = visible(text[: most + 1])
    return plain if len(plain) <= most else f"{plain[: most - 3]}..."
