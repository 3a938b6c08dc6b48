"""Prove the blobs of a store, those first that were proven longest ago, and move damaged ones away.

A blob that is damaged cannot be mended by a push while it is in its place: the registry believes in
what is there. Without it the next push of an image that needs it brings a good one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.control import Control
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.proofs import (
    Blob,
    Proofs,
    Totals,
    oldest,
)
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.reading import Pace, prove

DAY = 86400.0
MOST_ASIDE = 1000
"""Blobs that one run moves away. With more the disk or the memory of the host is the reason."""
FLUSH_SECONDS = 600.0
"""Time after which the registry's cache may no longer believe in a blob that was moved away."""


@dataclass
class Found:
    """Results of a run."""

    proven: int = 0
    proven_bytes: int = 0
    damaged: dict[str, bool] = field(default_factory=dict)
    """True by digest if the blob was moved away."""
    odd: list[str] = field(default_factory=list)


@dataclass
class Scrub:
    """One run over a store."""

    store: Directory
    proofs: Proofs
    control: Control
    pace: Pace
    within_seconds: float
    flush: Callable[[], object]
    """Empties the registry's cache, which believes in blobs that were moved away."""
    until: float = float("inf")
    """Monotonic time at which the run ends; the next one goes on."""
    say: Callable[[str], None] = lambda _: None
    found: Found = field(default_factory=Found)
    _begun: float = 0.0
    """Time since which no blob has to be proven again: a request moves it."""
    _unflushed: float = 0.0

    def run(self, before: float) -> Found:
        """Prove what is due, or will be before the next run. Raises what the gate raises.

        `before` is the time of the run before; a part of the store that is as large as the time
        between is proven in any case, so that each run has about the same to do.
        """
        begun = self._begun = time.time()
        within = max(self.within_seconds, 1.0)
        pause = min(max(begun - before, 0.0), within) if before else DAY
        soon = begun - within + min(pause, within / 2)
        totals = Totals()
        for _ in totals.counted(self.proofs.listed(self.store.root)):
            pass
        share = totals.bytes * min(pause / within, 1.0)
        try:
            for one in self._due(soon, share):
                if time.monotonic() > self.until:
                    self.say("the time of this run is over; the next one goes on")
                    break
                self._prove(one)
                if self._unflushed and time.monotonic() > self._unflushed + FLUSH_SECONDS:
                    self._flush()
            else:
                self.proofs.fulfilled(self._begun)
        finally:
            if self._unflushed:
                self._flush()
        return self.found

    def _due(self, soon: float, share: float) -> Iterator[Blob]:
        """Yield the blobs to prove, each once; all again if somebody requests it meanwhile."""
        seen: set[str] = set()
        while True:
            requested = self.proofs.requested()
            if requested > self._begun:
                self._begun, seen = requested, set()
            overdue = max(soon, requested)
            some = oldest(self.proofs.listed(self.store.root), self._begun)
            new = [one for one in some if one.digest not in seen]
            seen = {one.digest for one in some}  # those that could not be proven come again
            for one in new:
                if one.proven >= overdue and self.found.proven_bytes >= share:
                    new = []
                    break
                yield one
            if not new and self.proofs.requested() <= self._begun:
                return

    def _prove(self, one: Blob) -> None:
        place = places.blob(one.digest)
        path = self.store.path(place)
        try:
            proof = prove(path, one.digest, self.pace)
            again = proof if proof.good else prove(path, one.digest, self.pace)
        except FileNotFoundError:  # collected meanwhile
            return
        except OSError as error:
            self.found.odd.append(f"{path}: {error.strerror or error}")
            return
        if not proof.good and again.good:
            text = "expected the same content twice, found two. Look at the memory and the disk"
            self.found.odd.append(f"{path}: {text}")
        if again.good:
            self.proofs.add(one.digest, time.time())
            self.found.proven += 1
            self.found.proven_bytes += one.size
            return
        self.say(f"{one.digest} is damaged")
        if len(self.found.damaged) >= MOST_ASIDE:
            self.found.damaged[one.digest] = False
        elif self.control.set_aside(one.digest, again.seen):
            self.found.damaged[one.digest] = True
            self._unflushed = self._unflushed or time.monotonic()

    def _flush(self) -> None:
        self._unflushed = 0.0
        self.flush()
