"""Format the message of a failed check."""

from __future__ import annotations

from collections.abc import Iterable

DEPLOY = "Run: holdfast deploy"
"""The command that repairs a host that differs from its settings."""


def mismatch(expected: object, found: object, todo: str = DEPLOY) -> str:
    """Return `expected …, found …. What to do`."""
    return f"expected {expected}, found {found}. {todo}"


def listed(problems: Iterable[str], todo: str = DEPLOY, limit: int = 5) -> str:
    """Join findings to one sentence; at most `limit` of them are written out."""
    found = list(problems)
    more = f"; and {len(found) - limit} more" if len(found) > limit else ""
    return f"{'; '.join(found[:limit])}{more}. {todo}"
