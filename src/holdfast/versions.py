"""Compare versions of CNCF Distribution."""

from __future__ import annotations

from functools import cache


def at_least(version: str, other: str) -> bool:
    """Tell whether a version is at least another one. Every version is at least ""."""
    return _number(version) >= _number(other)


@cache
def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")) if version else ()
