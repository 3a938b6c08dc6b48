"""Format times for messages."""

from __future__ import annotations

from datetime import UTC, datetime

_UNITS = (("days", 86400), ("h", 3600), ("min", 60))


def duration(seconds: float) -> str:
    """Return `3 days`, `2 h`, `5 min` or `12 s`."""
    for name, size in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"


def moment(seconds: float) -> str:
    """Return a time in UTC; a number that is no valid time is returned as text."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return str(seconds)
