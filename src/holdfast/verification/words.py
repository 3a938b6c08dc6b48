"""The sentence with which a check fails."""

from __future__ import annotations

from collections.abc import Iterable

DEPLOY = "Run: holdfast deploy"
"""What heals a host that is not as its settings say."""


def told(expected: object, found: object, todo: str = DEPLOY) -> str:
    """Return `expected …, found …. What to do`."""
    return f"expected {expected}, found {found}. {todo}"


def listed(problems: Iterable[str], todo: str = DEPLOY, limit: int = 5) -> str:
    """Return several findings as one sentence, the first `limit` of them in full."""
    found = list(problems)
    more = f"; and {len(found) - limit} more" if len(found) > limit else ""
    return f"{'; '.join(found[:limit])}{more}. {todo}"
