"""Compare versions of CNCF Distribution."""

from __future__ import annotations

from functools import cache


def at_least(version: str, other: str) -> bool:
    """Tell whether a version is at least another one. Every version is at least ""."""
    return number(version) >= number(other)


@cache
def number(version: str) -> tuple[int, ...]:
    """Return a version as numbers, which sort as versions do."""
    return tuple(int(part) for part in version.split(".")) if version else ()
