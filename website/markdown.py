"""Turn Markdown as forges read it into Markdown as the generator reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator

ITEM = re.compile(r"(?P<mark>-|\d+\.) ")
FENCE = re.compile(r" *(```+|~~~+)")


def for_generator(text: str) -> str:
    """Return a page with what belongs to an item of a list indented by four spaces.

    A forge wants it below the item's text, at two or three spaces.
    """
    return "\n".join(_lines(text.split("\n")))


def _lines(lines: list[str]) -> Iterator[str]:
    """Yield the lines, those below an item with the spaces that are missing."""
    depth, fence, blank = 0, "", True
    for line in lines:
        inside = bool(fence)
        if found := FENCE.match(line):
            if not fence:
                fence = found[1]
            elif line.strip() == fence:
                fence = ""
        indent = len(line) - len(line.lstrip())
        item = None if inside else ITEM.match(line.lstrip())
        if not inside and item and indent == 0:
            depth = len(item[0])
        elif not inside and line and indent == 0 and blank:
            depth = 0
        blank = not line
        yield " " * (4 - depth) + line if line and depth and indent >= depth else line
