"""Find the lines of an inventory that name the registry's version, and change them alone."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from holdfast import inventory_files
from holdfast.errors import InputError
from holdfast.upgrading.places import (
    CHECKSUM,
    SOURCE,
    VERSION,
    by_hand,
    must_be_lines,
    only,
)
from holdfast.users import spans
from holdfast.users.inventory_file import Place, new_file
from holdfast.users.spans import Edit


@dataclass(frozen=True)
class Change:
    """A file before and after; `before` is None if there is no such file yet."""

    path: Path
    before: str | None
    after: str
    lines: tuple[str, ...]
    """Changed lines, with their numbers."""

    def write(self) -> None:
        """Write the changed file."""
        inventory_files.replace(self.path, self.after)

    def undo(self) -> None:
        """Bring the file back, unless somebody else changed it since."""
        if not self.path.exists() or inventory_files.content(self.path) != self.after:
            return
        if self.before is None:
            self.path.unlink()
        else:
            inventory_files.replace(self.path, self.before)


def changes(inventories: Sequence[Path], version: str) -> list[Change]:
    """Return the changes by which an inventory names a release; empty if it already does.

    The source becomes `release`, and a checksum of the old version goes. Raises InputError if a
    person has to do it: several places, templates, or a mapping in braces.
    """
    known = {name: only(inventories, name, version) for name in (SOURCE, VERSION, CHECKSUM)}
    source, place, checksum = known.values()
    edits: dict[Path, list[Edit]] = {}
    if source:
        edits.setdefault(source.path, []).append(_value(source, "release"))
    if place:
        edits.setdefault(place.path, []).append(_value(place, version))
    elif source:
        edits[source.path].append(_below(source, version))
    if checksum:
        edits.setdefault(checksum.path, []).append(_gone(checksum, version))
    texts = {one.path: one.text for one in (source, place, checksum) if one}
    found = [_change(path, texts[path], spans.applied(texts[path], *edits[path])) for path in texts]
    if not (source or place):
        found.append(_first(inventories[0], version))
    return [one for one in found if one.before != one.after]


def _value(place: Place, value: str) -> Edit:
    """Return the edit of a value, which keeps its quotes."""
    start, end = place.span
    quote = place.text[start] if place.text[start] in "\"'" else ""
    return Edit(start, end, f"{quote}{value}{quote}")


def _below(source: Place, version: str) -> Edit:
    """Return a new line below that of the source."""
    must_be_lines(source, version)
    text, start = source.text, spans.start(source.key)
    indent = text[spans.line_start(text, start) : start]
    end = spans.line_end(text, source.span[1])
    return Edit(end, end, f"{_glue(text[:end])}{indent}{VERSION}: {version}{_break(text)}")


def _gone(checksum: Place, version: str) -> Edit:
    must_be_lines(checksum, version)
    start, end = spans.start(checksum.key), checksum.span[1]
    return Edit(spans.line_start(checksum.text, start), spans.line_end(checksum.text, end), "")


def _first(inventory: Path, version: str) -> Change:
    """Return the change of an inventory that names neither source nor version."""
    path = new_file(inventory, "distribution")
    before = inventory_files.content(path) if path.exists() else None
    text = before or "---\n"
    tree = inventory_files.read(path, text, partial(spans.parsed, text))
    if text.startswith(inventory_files.ENCRYPTED) or (tree and spans.in_braces(tree, 0)):
        raise InputError(f"{path}: expected plain lines. {by_hand(version)}")
    return _change(path, before, f"{text}{_glue(text)}{VERSION}: {version}{_break(text)}")


def _glue(text: str) -> str:
    """Return what a text lacks for another line to follow."""
    return "" if text.endswith("\n") else _break(text)


def _break(text: str) -> str:
    """Return the line break of a text."""
    return "\r\n" if "\r\n" in text else "\n"


def _change(path: Path, before: str | None, after: str) -> Change:
    old, new = (before or "").splitlines(), after.splitlines()
    lines = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            lines += [f"{path}:{a + n + 1}: -{line}" for n, line in enumerate(old[a:b])]
            lines += [f"{path}:{c + n + 1}: +{line}" for n, line in enumerate(new[c:d])]
    return Change(path, before, after, tuple(lines))
