"""Sizes as users write them: 500 MiB, 2GiB, or a number of bytes."""

from __future__ import annotations

import re

EXPECTED = "a number of bytes, or one with MiB, GiB or TiB"
_UNITS = {"": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40}
_FORM = re.compile(r"([0-9]{1,15})\s*([A-Za-z]*)")


def size(text: str) -> int:
    """Return the bytes of a size. Raises ValueError for another text."""
    found = _FORM.fullmatch(text.strip())
    if not found or found[2].lower() not in _UNITS:
        raise ValueError(f"expected {EXPECTED}, got {text!r}")
    return int(found[1]) * _UNITS[found[2].lower()]
