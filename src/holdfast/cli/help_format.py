"""Format help so that no word is broken, and it stays readable in 40 columns."""

from __future__ import annotations

import shutil
from collections.abc import Iterable

import click

from holdfast.terminal import wrapped

NARROW = 60
"""Columns below which help has an option and its text below each other."""


class Formatter(click.HelpFormatter):
    """Help that breaks no word, and stays readable in 40 columns."""

    def __init__(
        self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None
    ) -> None:
        if width is None:  # click would not go below 50
            width = max(min(shutil.get_terminal_size().columns, max_width or 80) - 2, 20)
        super().__init__(indent_increment, width, max_width)

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the usage; a narrow terminal breaks it between words alone."""
        if self.width >= NARROW:
            super().write_usage(prog, args, prefix)
        else:
            line = f"{prefix or 'Usage: '}{prog} {args}"
            self.write(f"{wrapped(line, self.width, '       ')}\n")

    def write_text(self, text: str) -> None:
        """Write paragraphs; one that begins with `\\b` keeps its lines where they fit."""
        columns, begin = max(self.width, 11), " " * self.current_indent
        for paragraph in text.split("\n\n"):
            first, *rest = paragraph.strip("\n").split("\n")
            lines = rest if first.strip() == "\b" else [" ".join(paragraph.split())]
            for line in lines:
                more = "" if lines is not rest else "  "
                self.write(f"{wrapped(f'{begin}{line}', columns, more)}\n")
            self.write("\n")
        self.buffer.pop()

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write terms and their texts: beside each other, or below in a narrow terminal."""
        if self.width >= NARROW:
            super().write_dl(list(rows), col_max, col_spacing)
            return
        begin = " " * self.current_indent
        for term, text in rows:
            self.write(f"{wrapped(f'{begin}{term}', self.width)}\n")
            below = " ".join(text.split())
            self.write(f"{wrapped(f'{begin}    {below}', self.width, '')}\n" if below else "")


class Context(click.Context):
    """Context of all verbs."""

    formatter_class = Formatter
