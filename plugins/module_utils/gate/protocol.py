"""Keep manifests and their blobs together while a clean-up runs beside pushes.

All manifests are pushed in shared sections, and a clean-up moves files in exclusive ones. A blob
that a manifest needs is either marked by the clean-up, which began after the push ended, or in the
journal of the cycle, or it is moved back before the registry looks for it. So no acknowledged
manifest loses a blob, whatever clients upload or ask for meanwhile.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from ansible_collections.holdfast.registry.plugins.module_utils.gate import store
from ansible_collections.holdfast.registry.plugins.module_utils.gate.below import several
from ansible_collections.holdfast.registry.plugins.module_utils.gate.locks import (
    NamedLocks,
    SharedLock,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import (
        BatchDone,
        GateFigures,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.scrub import BlobSeen

MOST_SECONDS = 0.008
"""Time after which a batch ends, with places left over: pushes wait for it."""
MOST_JOURNAL = 2_000_000
"""Maximum number of places in the journal; a cycle that needs more is ended."""
Found = TypeVar("Found")


class StaleCycleError(Exception):
    """The cycle of a clean-up is over, such as after a restart of the gate: begin another one."""


def needed(repository: str, digests: set[str], links: set[str]) -> set[str]:
    """Return the places of digests and of the links that a repository needs to them."""
    places = {store.blob(one) for one in digests}
    return places | {store.layer(repository, one) for one in links}


class Gate:
    """Sections of pushes and of a clean-up over one store."""

    def __init__(self, files: store.Store) -> None:
        self.store = files
        self._lock = SharedLock()
        self._repositories = NamedLocks()
        self._journal: set[str] | None = None
        self._epoch, self._cycle = f"{os.getpid()}.{time.time_ns()}", 0
        self._counting = threading.Lock()
        self.figures: GateFigures = {
            "pushed": 0,
            "restored": 0,
            "refused": 0,
            "rewritten": 0,
            "longest_batch_seconds": 0.0,
        }

    @contextmanager
    def pushing(self, repository: str, places: set[str]) -> Iterator[None]:
        """Hold a shared section in which none of the places is in the trash."""
        with self._repositories.of(repository) as own, own.shared(), self._lock.shared():
            self._note(places)
            self.count("restored", sum(self.store.restore(one) for one in self.missing(places)))
            yield

    @contextmanager
    def deleting(self, repository: str) -> Iterator[None]:
        """Hold a section in which nobody else changes manifests of the repository."""
        with self._repositories.of(repository) as own, own.alone(), self._lock.shared():
            yield

    def begin(self) -> str:
        """Begin a cycle: note from now on what pushes need. Returns its name."""
        with self._lock.alone():
            self._journal = set()
            self._cycle += 1
            return self._name()

    def end(self, cycle: str) -> None:
        """End a cycle, if it is the current one."""
        with self._lock.alone():
            if cycle == self._name():
                self._journal = None
                self._cycle += 1

    def trash(self, cycle: str, places: list[str]) -> BatchDone:
        """Move places to the trash that no push has needed since the cycle began."""
        self.store.prepare(several(places))  # before pushes have to wait
        return self._batch(cycle, places, self.store.discard)

    def purge(self, cycle: str, places: list[str]) -> BatchDone:
        """Remove places from the trash that no push has needed since the cycle began."""
        return self._batch(cycle, places, self.store.purge)

    def restore(self, cycle: str, places: list[str]) -> BatchDone:
        """Move places back from the trash, such as after a crash between mark and move."""
        return self._batch(cycle, places, lambda some: [*filter(self.store.restore, some)])

    @contextmanager
    def alone(self, cycle: str) -> Iterator[set[str]]:
        """Hold an exclusive section of a cycle; give it what pushes have needed since its begin.

        Raises StaleCycleError.
        """
        with self._lock.alone():
            begun = time.perf_counter()
            if self._journal is None or cycle != self._name():
                raise StaleCycleError("expected the current cycle. Begin another one")
            yield self._journal
            seconds = time.perf_counter() - begun
            longest = max(self.figures["longest_batch_seconds"], seconds)
            self.figures["longest_batch_seconds"] = longest

    def set_aside(self, digest: str, seen: BlobSeen) -> bool:
        """Move a damaged blob away, so that the next push brings a good one.

        False if another file is at its place than the one that was seen. No cycle is needed: an
        image that needs the blob is broken already.
        """
        place = store.blob(digest)
        with self._lock.alone():
            return self.store.set_aside(place, seen)

    def count(self, figure: str, number: int = 1) -> None:
        """Add a number to a figure."""
        with self._counting:
            self.figures[figure] += number  # type: ignore[literal-required]

    def _batch(
        self, cycle: str, places: list[str], move: Callable[[list[str]], list[str]]
    ) -> BatchDone:
        places, done = several(places), list[str]()
        spared = tried = 0
        with self.alone(cycle) as journal:
            begun = time.perf_counter()
            for start in range(0, len(places), self.store.AT_ONCE):
                if start and time.perf_counter() - begun > MOST_SECONDS:
                    break
                some = places[start : start + self.store.AT_ONCE]
                free = [place for place in some if place not in journal]
                done += move(free)
                tried += len(some)
                spared += len(some) - len(free)
        seconds = time.perf_counter() - begun
        return {"done": done, "spared": spared, "left": places[tried:], "seconds": seconds}

    def missing(self, places: set[str]) -> list[str]:
        """Return the places that the store does not have."""
        return self.store.missing(places)

    def _note(self, places: set[str]) -> None:
        """Add what a push needs to the journal. A full journal ends the cycle, not the push."""
        journal = self._journal
        if journal is not None:
            with self._counting:
                journal |= places
                if len(journal) > MOST_JOURNAL:
                    self._journal = None
                    self._cycle += 1

    def _name(self) -> str:
        return f"{self._epoch}/{self._cycle}"
