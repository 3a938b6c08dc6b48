"""Divide a batch of a clean-up into parts, and end it after a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import BatchDone


def in_parts(
    places: list[str],
    size: int,
    most_seconds: float,
    move: Callable[[list[str]], tuple[list[str], int]],
) -> BatchDone:
    """Move parts of places until the time is over, but one at least.

    `move` returns the places that it moved, and the number of those that it spared.
    """
    begun = time.perf_counter()
    done, spared, tried = list[str](), 0, 0
    for start in range(0, len(places), size):
        if start and time.perf_counter() - begun > most_seconds:
            break
        some = places[start : start + size]
        moved, kept = move(some)
        done += moved
        tried += len(some)
        spared += kept
    seconds = time.perf_counter() - begun
    return {"done": done, "spared": spared, "left": places[tried:], "seconds": seconds}
