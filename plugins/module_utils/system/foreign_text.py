"""Show text from other sources: journals, logs, file names, answers of programs and hosts.

Such text can hold invalid UTF-8, and control characters that forge a line, recolour a terminal or
make an XML file unreadable. Read it with `decode`, and print only `visible` text.
"""

from __future__ import annotations

from ansible_collections.holdfast.registry.plugins.module_utils.system import foreign_files

LARGEST = 64 << 20
"""Bytes of the largest text that is read."""
ERRORS = "backslashreplace"
"""Error handler to open and decode foreign text with: a byte that is no UTF-8 reads `\\xff`."""


def decode(raw: bytes) -> str:
    """Return bytes as text; each byte that is no UTF-8 is written as an escape."""
    return raw.decode("utf-8", ERRORS)


def read(path: str) -> str:
    """Return the text of a file. Raises OSError, also for a pipe or an endless file."""
    return decode(foreign_files.read(path, LARGEST, links=True))


def visible(text: str) -> str:
    """Return a text as one line, with an escape for every character that is not printable.

    Line ends, other control characters, bidirectional overrides and surrogates (bytes of a file
    name that are no UTF-8) are escaped as Python writes them: `\\n`, `\\x1b`, `\\u202e`, `\\xff`.
    """
    return text if text.isprintable() else "".join(map(_escaped, text))


def lines(text: str) -> list[str]:
    """Return the non-blank lines of a text, each visible. Only a line feed ends a line."""
    found = (line.rstrip().replace("\t", " ") for line in text.split("\n"))
    return [visible(line) for line in found if line]


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:
        # os.fsdecode hides a byte in a surrogate.
        return f"\\x{number - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
