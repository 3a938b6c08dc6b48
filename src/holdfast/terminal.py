"""Suit a terminal: lines that break between words, and a spinner."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap


def width() -> int | None:
    """Return the columns of the terminal that is standard output; None if it is none."""
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return None
    return shutil.get_terminal_size().columns


def wrapped(line: str, columns: int | None, indent: str = "  ") -> str:
    """Return a line with breaks between its words; a longer word stays whole.

    Further lines are indented as the first one, and by `indent` more.
    """
    if columns is None or len(line) <= columns or columns < len(indent) + 10:
        return line
    begin = line[: len(line) - len(line.lstrip(" "))]
    kept = begin if len(begin) < columns // 2 else ""
    return textwrap.fill(
        line.lstrip(" "),
        columns,
        initial_indent=kept,
        subsequent_indent=f"{kept}{indent}",
        break_long_words=False,
        break_on_hyphens=False,
    )


def fitted(line: str) -> str:
    """Return a line with breaks for the terminal that is standard output, if it is one."""
    return wrapped(line, width())


def spinner(encoding: str) -> str:
    """Return the name of a spinner that an encoding can show."""
    return "dots" if encoding.lower().startswith("utf") else "line"
