"""Record what a check looked at: its requests, handshakes, and the facts that it read.

Records hold no header, no body and no query: logins and signatures are there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.system.foreign_text import visible

LINES = 12
"""Most lines of one check; further ones are counted."""
CHARACTERS = 100
NAMES = 4

_seen: list[str] = []


def note(text: str) -> None:
    """Record one observation of the running check."""
    shown = visible(text)
    _seen.append(shown if len(shown) <= CHARACTERS else f"{shown[:CHARACTERS]}…")


def note_request(request: str, status: int) -> None:
    """Record a request, without its query, and the status of its answer."""
    note(f"{request} → {status}")


def note_fact(name: str, value: Any) -> None:
    """Record a fact of the host: a number as it is, of a collection the names or the size."""
    if isinstance(value, Mapping):
        names = ", ".join(map(str, list(value)[:NAMES]))
        note(f"on the host: {name}: {len(value)} ({names}{', …' if len(value) > NAMES else ''})")
    elif isinstance(value, list):
        note(f"on the host: {name}: {len(value)}")
    else:
        note(f"on the host: {name}: {value}")


def count() -> int:
    """Return the number of observations of the running check until now."""
    return len(_seen)


def since(start: int) -> list[str]:
    """Return the observations after the first `start` ones."""
    return _seen[start:]


def taken() -> tuple[str, ...]:
    """Return the observations since the last call, each once, with the number of times."""
    counts = Counter(_seen)
    _seen.clear()
    lines = [f"{text} ({times} times)" if times > 1 else text for text, times in counts.items()]
    more = len(lines) - LINES
    return (*lines[:LINES], f"and {more} more") if more > 0 else tuple(lines)
