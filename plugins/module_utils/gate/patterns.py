"""Match names and tags with patterns of the settings, and word lists and sizes for people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import Patterns

OWN = "holdfast/"
"""Beginning of the repositories of holdfast's own tests, which no rule covers."""


def covers(patterns: Patterns, repository: str) -> bool:
    """Return True if patterns of a rule or a quota match a repository."""
    return not repository.startswith(OWN) and matches(patterns, repository)


def matches(patterns: Patterns, text: str) -> bool:
    """Return True if one of the patterns matches the whole text."""
    return _compiled(tuple(patterns.values())).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _compiled(expressions: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in expressions) or r"(?!)")


def listed(words: Iterable[str]) -> str:
    """Return words as a text, a long list shortened."""
    every = list(words)
    return ", ".join(every[:6]) + (f" and {len(every) - 6} more" if len(every) > 6 else "")


def shown(size: int) -> str:
    """Return a size as text, such as `1.5 GiB`."""
    number, unit = float(size), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if number < 1024:
            break
        number, unit = number / 1024, larger
    return f"{size} bytes" if unit == "bytes" else f"{number:.1f} {unit}".replace(".0 ", " ")
