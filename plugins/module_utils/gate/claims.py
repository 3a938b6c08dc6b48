"""Keep pushes from the few places that a clean-up moves at this moment, and from no others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Claims:
    """Places that are being moved. A push waits for those that it needs."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: set[str] = set()

    @contextmanager
    def held(
        self, places: list[str], free: Callable[[list[str]], list[str]]
    ) -> Iterator[list[str]]:
        """Hold those of the places that are free while the block runs, and give them to it.

        Nobody notes a need while `free` decides.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._held.isdisjoint(places))
            chosen = free(places)
            self._held.update(chosen)
        try:
            yield chosen
        finally:
            with self._changed:
                self._held.difference_update(chosen)
                self._changed.notify_all()

    def need(self, places: set[str], note: Callable[[set[str]], None]) -> None:
        """Note a need of places, then wait until none of them is held."""
        with self._changed:
            note(places)
            self._changed.wait_for(lambda: self._held.isdisjoint(places))
