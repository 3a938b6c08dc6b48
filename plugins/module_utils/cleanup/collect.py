"""Collect garbage beside pushes: mark, move to the trash, remove later; all moves by the gate."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.cleanup import garbage as sweeping
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.marks import (
    Marks,
    Memory,
    mark,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    Item,
    Look,
    Store,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.cleanup import (
        Amount,
        Collected,
        CollectionPlan,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import BatchDone
    from ansible_collections.holdfast.registry.plugins.module_utils.gate.control import Cycle

BATCH = 64
"""Most files of one exclusive section; the gate ends it before, if pushes wait too long."""
PAUSE_SECONDS = 0.005


@dataclass(frozen=True)
class Collection:
    """One run over a store."""

    store: Store
    grace_seconds: float
    """Age that garbage needs: longer than the longest push."""
    undo_seconds: float
    """Time in the trash: longer than the longest push and the longest backup."""
    memory: Memory = field(default_factory=Memory)
    now: Callable[[], float] = time.time
    say: Callable[[str], None] = lambda _: None

    def plan(self) -> CollectionPlan:
        """Return what a run would move and remove, without a change."""
        look = self.store.look()
        marks = self._mark(look)
        found = list(sweeping.garbage(look, marks, self.now() - self.grace_seconds))
        kept, due = self._trash(look, marks)
        return {
            "manifests": marks.manifests,
            "damaged": marks.damaged,
            "garbage": _amount(found),
            "examples": [one.place for one in sorted(found, key=lambda one: -one.size)[:10]],
            "trash": _amount([*kept, *due]),
            "due": _amount(due),
        }

    def run(self, cycle: Cycle, flush: Callable[[], object]) -> Collected:
        """Move garbage to the trash, and remove what was there long enough.

        `flush` empties the registry's cache, which would let it believe in what is removed; it is
        called before that, and only if something is. Raises what the gate raises.
        """
        begun = self.now()
        look = self.store.look()
        marks = self._mark(look)
        found = list(sweeping.garbage(look, marks, begun - self.grace_seconds))
        back = [one for one in look.trashed() if sweeping.needed_again(marks, one)]
        restored = self._move(cycle.restore, back)
        moved = self._move(cycle.trash, found)
        kept, due = self._trash(self.store.look(), marks)
        if due:
            flush()
        purged = self._move(cycle.purge, due)
        return {
            "manifests": marks.manifests,
            "damaged": marks.damaged,
            "restored": _amount(restored),
            "moved": _amount(moved),
            "purged": _amount(purged),
            "trash": _amount({*kept, *due} - {*purged}),
            "seconds": self.now() - begun,
        }

    def undo(self, cycle: Cycle) -> Amount:
        """Move all garbage in the trash back; return how much it was.

        Tags and manifests are left to the undo of the retention; damaged blobs stay.
        """
        found = [one for one in self.store.look().trashed() if sweeping.is_garbage(one)]
        return _amount(self._move(cycle.restore, found))

    def _mark(self, look: Look) -> Marks:
        marks = mark(self.store, look, self.memory, self._counted)
        self.say(f"{marks.manifests} manifests need {len(marks.live)} blobs")
        return marks

    def _counted(self, manifests: int) -> None:
        if manifests % 1000 == 0:
            self.say(f"{manifests} manifests")

    def _trash(self, look: Look, marks: Marks) -> tuple[list[Item], list[Item]]:
        """Return what stays in the trash, and what is there long enough and not needed."""
        kept: list[Item] = []
        due: list[Item] = []
        before = self.now() - self.undo_seconds
        for one in look.trashed():
            over = one.time <= before and not sweeping.needed_again(marks, one)
            (due if over else kept).append(one)
        return kept, due

    def _move(self, call: Callable[[list[str]], BatchDone], items: list[Item]) -> list[Item]:
        """Let the gate move files, some at a time; return those that it moved."""
        done: list[Item] = []
        for start in range(0, len(items), BATCH):
            some = {one.place: one for one in items[start : start + BATCH]}
            left = list(some)
            while left:
                answer = call(left)
                left = answer["left"]
                done += [some[place] for place in answer["done"]]
                time.sleep(PAUSE_SECONDS)
        return done


def _amount(items: Iterable[Item]) -> Amount:
    sizes = [one.size for one in items]
    return {"files": len(sizes), "bytes": sum(sizes)}
