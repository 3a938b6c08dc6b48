"""Bring damaged blobs back from the newest snapshot that has a good copy of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.backup.fetching import (
    Writer,
    fetch,
)
from ansible_collections.holdfast.registry.plugins.module_utils.backup.restic import (
    BLOBS,
    Restic,
    ResticError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.backup.saving import located
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        HealFigures,
        Lost,
        Snapshot,
    )


class Healing:
    """One search for good copies in the snapshots of a registry."""

    def __init__(self, restic: Restic, say: Callable[[str], None]) -> None:
        self._restic, self._say = restic, say
        self._writer = Writer(restic.plan["images"])
        self._lost: dict[str, Lost] = {}

    def run(self, wanted: set[str]) -> HealFigures:
        """Write the blobs into the store, each proven by its digest. Raises StepError.

        Those of which no snapshot has a good copy are in `lost`.
        """
        self._lost = dict.fromkeys(sorted(wanted), "absent")
        healed: dict[str, str] = {}
        size = 0
        for chosen, known in self._snapshots():
            for digest in sorted(self._lost.keys() & known.keys()):
                written = self._brought(digest, chosen["id"], known)
                if written is not None:
                    size += written
                    healed[digest] = chosen["time"]
                    del self._lost[digest]
        return {"healed": healed, "bytes": size, "lost": self._lost}

    def _snapshots(self) -> Iterator[tuple[Snapshot, dict[str, tuple[str, int]]]]:
        """Yield snapshots with what is in them, the newest first, until nothing is wanted."""
        found = [one for one in self._restic.snapshots() if BLOBS in one["tags"]]
        if not found:
            plan = self._restic.plan
            raise StepError(
                f"{plan['target']}: expected a backup of {plan['host']}, found none."
                " Run: holdfast backup"
            )
        for one in reversed(found):
            if self._lost:
                yield one, located(self._restic, one["id"])

    def _brought(self, digest: str, chosen: str, known: dict[str, tuple[str, int]]) -> int | None:
        """Return the bytes of a blob that was written; None if its copy is not good."""
        try:
            # One by one: of a damaged pack, restic gives up all that comes after it.
            done = fetch(self._restic, chosen, known, {digest}, self._writer)
        except ResticError as error:
            self._say("\n".join([error.message, *error.lines]))
            self._lost[digest] = "unreadable"
            return None
        if done.blobs:
            return done.bytes
        self._lost[digest] = "damaged"
        return None
