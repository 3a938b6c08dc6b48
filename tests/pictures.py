"""Draw pictures for the docs of what commands wrote to a terminal, and tell old ones."""

from __future__ import annotations

import html
import io
import os
import re
import subprocess
import termios
from pathlib import Path

import pyte
from rich.console import Console
from rich.style import Style
from rich.text import Text

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
COLUMNS, LINES = 80, 400
FONT = re.compile(r"@font-face \{.*?\}\s*", re.S)
"""Fonts that a browser would fetch from elsewhere; it has monospaced ones of its own."""


def recorded(argv: list[str], folder: Path, environment: dict[str, str], timeout: int) -> bytes:
    """Run a command whose output is a terminal, and return what it wrote.

    Raises AssertionError with the output if the command fails.
    """
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (LINES, COLUMNS))
    environment = {**environment, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(
        ["timeout", str(timeout), *argv],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    written = bytearray()
    try:
        while part := os.read(ours, 1 << 16):
            written += part
    except OSError:  # so a terminal ends
        pass
    os.close(ours)
    assert process.wait() == 0, written[-8000:].decode(errors="replace")
    return bytes(written)


def screen(written: bytes) -> Text:
    """Return what a terminal shows in the end, with its colours."""
    shown = pyte.Screen(COLUMNS, LINES)
    pyte.ByteStream(shown).feed(written)
    lines = []
    for row in range(LINES):
        line = Text()
        for column in range(COLUMNS):
            cell = shown.buffer[row][column]
            colour = None if cell.fg == "default" else _NAMES.get(cell.fg, cell.fg)
            line.append(cell.data, Style(color=colour, bold=cell.bold or None))
        line.rstrip()
        lines.append(line)
    whole = Text("\n").join(lines)
    whole.rstrip()
    return whole


_NAMES = {"brown": "yellow"}
"""Names of pyte for colours that rich names otherwise."""


def drawn(command: str, shown: Text, name: str) -> str:
    """Return the picture of a command and its output as SVG, the same bytes for the same input."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), legacy_windows=False)
    prompt = Text.assemble(("$ ", "dim"), (command, "bold"))
    console.print(Text("\n").join([prompt, shown, Text()]), no_wrap=True)
    return FONT.sub("", console.export_svg(title="holdfast", unique_id=name))


def skeleton(picture: str) -> str:
    """Return the words of a picture without what differs: numbers, digests, and where lines end.

    Whether a step took long enough for its time to be told differs, too.
    """
    rows: dict[float, list[str]] = {}
    for place, text in re.findall(r'<text [^>]*\by="([\d.]+)"[^>]*>([^<]*)</text>', picture):
        rows.setdefault(float(place), []).append(html.unescape(text))
    text = " ".join("".join(parts) for _, parts in sorted(rows.items())).replace("\xa0", " ")
    text = re.sub(r"\b[0-9a-f]{6,}\b", "0", text)
    return " ".join(re.sub(r"[+-]?[\d.:]*\d", "0", text).replace("(0 s)", "").split())
