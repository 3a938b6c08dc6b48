"""Versions of CNCF Distribution, compared."""

from __future__ import annotations

from functools import cache


def at_least(version: str, other: str) -> bool:
    """Tell whether a version is another one or newer; every version is newer than none."""
    return _number(version) >= _number(other)


@cache
def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")) if version else ()
