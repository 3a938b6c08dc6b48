"""Keep manifests and their blobs together while a clean-up runs beside pushes.

All manifests are pushed in shared sections, and a clean-up moves files in exclusive ones. A blob
that a manifest needs is either marked by the clean-up, which began after the push ended, or in the
journal of the cycle, or it is moved back before the registry looks for it. So no acknowledged
manifest loses a blob, whatever clients upload or ask for meanwhile.

Requests of a bucket take long, so no push waits for them as such: a batch claims its places in
memory, and only a push that needs one of them waits until it is moved. That is as good as an
exclusive section: a push has noted its needs before the claim, or waits for its end.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate import store
from ansible_collections.holdfast.registry.plugins.module_utils.gate.batches import in_parts
from ansible_collections.holdfast.registry.plugins.module_utils.gate.below import several
from ansible_collections.holdfast.registry.plugins.module_utils.gate.claims import Claims
from ansible_collections.holdfast.registry.plugins.module_utils.gate.locks import (
    NamedLocks,
    SharedLock,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.settling import Settling

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import (
        BatchDone,
        GateFigures,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.scrub import BlobSeen

MOST_SECONDS = 0.008
"""Time after which a batch ends, with places left over: pushes wait for it."""
MOST_CLAIMED_SECONDS = 10.0
"""Time for a batch of a store whose moves hold up only the pushes that need them."""
MOST_JOURNAL = 2_000_000
"""Maximum number of places in the journal; a cycle that needs more is ended."""
Move = Callable[[list[str]], list[str]]
"""Function that moves places, and returns those that it moved."""


class StaleCycleError(Exception):
    """The cycle of a clean-up is over, such as after a restart of the gate: begin another one."""


def needed(repository: str, digests: set[str], links: set[str]) -> set[str]:
    """Return the places of digests and of the links that a repository needs to them."""
    places = {store.blob(one) for one in digests}
    return places | {store.layer(repository, one) for one in links}


class Gate:
    """Sections of pushes and of a clean-up over one store."""

    def __init__(self, files: store.Store, settling: Settling | None = None) -> None:
        self.store = files
        self._settling = settling or Settling()
        self._lock = SharedLock()
        self._repositories = NamedLocks()
        self._claims = Claims()
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
    def pushing(self, repository: str, places: set[str], tag: str = "") -> Iterator[set[str]]:
        """Hold a shared section in which none of the places is in the trash.

        Gives those that the store does not have. Nobody takes the `tag` away meanwhile: it is noted
        as a need, and not moved back.
        """
        self._settling.wait()
        with self._repositories.of(repository) as own, own.shared(), self._lock.shared():
            own_tag = {store.current(repository, tag)} if tag else set()
            self._claims.need(places | own_tag, self._note)
            gone = self.missing(places)
            self.count("restored", sum(map(self.store.restore, gone)))
            yield set(self.missing(set(gone)))

    @contextmanager
    def deleting(self, repository: str) -> Iterator[None]:
        """Hold a section in which nobody else changes manifests of the repository."""
        with self._repositories.of(repository) as own, own.alone(), self._lock.shared():
            yield

    def begin(self) -> str:
        """Begin a cycle: note from now on what pushes need. Returns its name."""
        with self._lock.alone():
            self._cycle += 1  # first: no batch of the cycle before may see the new journal
            self._journal = set()
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
        with self._lock.alone(), self._timed():
            yield self._needs(cycle)

    @contextmanager
    def taking(self, cycle: str, repository: str, places: list[str]) -> Iterator[set[str]]:
        """Hold a section in which nobody pushes or deletes what is taken away.

        Gives those of the places that no push has needed since the cycle began: for a bucket only
        pushes that need one of these wait. Raises StaleCycleError.
        """
        if not self.store.DISTANT:
            with self.alone(cycle) as journal:
                yield set(places) - journal
            return
        # The lock first: a push that waits for the claim holds it, and a delete waits for that.
        with self._repositories.of(repository) as own, own.shared():
            held = self._claims.held(places, self._free(cycle))
            with held as chosen, self._timed(), self._settling.moving():
                yield set(chosen)

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

    def _batch(self, cycle: str, places: list[str], move: Move) -> BatchDone:
        places, size = several(places), self.store.AT_ONCE
        if self.store.DISTANT:
            return in_parts(places, size, MOST_CLAIMED_SECONDS, self._claimed(cycle, move))
        with self.alone(cycle) as journal:

            def moved(some: list[str]) -> tuple[list[str], int]:
                free = [place for place in some if place not in journal]
                return move(free), len(some) - len(free)

            return in_parts(places, size, MOST_SECONDS, moved)

    def _claimed(self, cycle: str, move: Move) -> Callable[[list[str]], tuple[list[str], int]]:
        """Return the move of places that no push needs, which only those wait for that do."""

        def moved(some: list[str]) -> tuple[list[str], int]:
            held = self._claims.held(some, self._free(cycle))
            with held as chosen, self._timed(), self._settling.moving():
                return move(chosen), len(some) - len(chosen)

        return moved

    def _free(self, cycle: str) -> Move:
        """Return the choice of places that no push has needed since a cycle began."""

        def free(some: list[str]) -> list[str]:
            journal = self._needs(cycle)
            return [place for place in some if place not in journal]

        return free

    def _needs(self, cycle: str) -> set[str]:
        """Return what pushes have needed since a cycle began. Raises StaleCycleError."""
        journal = self._journal
        if journal is None or cycle != self._name():
            raise StaleCycleError("expected the current cycle. Begin another one")
        return journal

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Keep the time of the longest block."""
        begun = time.perf_counter()
        yield
        longest = max(self.figures["longest_batch_seconds"], time.perf_counter() - begun)
        self.figures["longest_batch_seconds"] = longest

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
