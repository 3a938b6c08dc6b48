"""Durations as users write them: 90s, 24h, 7d."""

from __future__ import annotations

import re

FORM = r"(?:0|[1-9][0-9]{0,5})[smhdw]"
EXPECTED = "a whole number and one of s, m, h, d, w"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def seconds(text: str) -> int:
    """Return the seconds of a duration. Raises ValueError for another text."""
    if not re.fullmatch(FORM, text):
        raise ValueError(f"expected {EXPECTED}, got {text!r}")
    return int(text[:-1]) * _SECONDS[text[-1]]
