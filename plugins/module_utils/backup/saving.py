"""Save a registry: blobs first in a snapshot of their own, then links and keys that name it.

The second snapshot is made when the first one is known to be complete, so whatever ends a backup
early leaves no snapshot that lacks something.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.backup import (
    keeping,
    links_file,
    listing,
    target,
)
from ansible_collections.holdfast.registry.plugins.module_utils.backup.listing import Listed
from ansible_collections.holdfast.registry.plugins.module_utils.backup.restic import (
    BLOBS,
    SNAPSHOTS,
    Restic,
    ResticError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        BackupFigures,
        Snapshot,
    )

MOST_PASSES = 5
INCOMPLETE = 3
"""Exit code of restic if a file went away before it was read."""
UNSAVED = (
    *("references", "jobs", "scrub", "metrics", "facts", "backup", "cache", "undo", "restic"),
    *("drill", "index"),
)
"""Folders and files of the host's state that a host makes again."""


class Saving:
    """One backup."""

    def __init__(self, restic: Restic, say: Callable[[str], None]) -> None:
        self._restic, self._plan, self._say = restic, restic.plan, say
        self.before: list[Snapshot] = []
        """Snapshots of this registry before, the oldest first."""
        self.figures: BackupFigures = {
            "snapshot": "",
            "repositories": 0,
            "tags": 0,
            "manifests": 0,
            "blobs": 0,
            "bytes": 0,
            "added": 0,
            "passes": 0,
            "dangling": [],
            "broken": [],
            "removed": 0,
            "elsewhere": self._plan["elsewhere"],
        }

    def run(self) -> BackupFigures:
        """Make the backup; return its figures. Raises StepError."""
        os.makedirs(self._plan["work"], mode=0o700, exist_ok=True)
        target.opened(self._restic)
        self.before = self._restic.snapshots()
        found, blobs = self._images() if self._plan["images"] else (Listed(), "")
        path = os.path.join(self._plan["work"], links_file.NAME)
        links_file.write(path, found, self._plan, blobs)
        figures = self.figures
        figures["snapshot"] = self._links(path, blobs)
        figures["repositories"] = len({one["repository"] for one in found.manifests})
        figures["tags"], figures["manifests"] = len(found.tags), len(found.manifests)
        figures["dangling"], figures["broken"] = found.dangling, found.broken
        return figures

    def _images(self) -> tuple[Listed, str]:
        """Save blobs until a snapshot has all that the listed manifests need."""
        store, figures = Directory(self._plan["images"]), self.figures
        found = listing.listed(store, self._plan["pushes"])
        self._say(f"{len(found.tags)} tags, {len(found.manifests)} manifests")
        while True:
            figures["passes"] += 1
            snapshot = self._blobs()
            sizes = saved(self._restic, snapshot) if snapshot else {}
            if found.blobs - set(sizes):
                found = listing.still_there(store, found)
            lacking = found.blobs - set(sizes)
            moved = [one for one in lacking if _is_there(store, one)]
            if not moved or figures["passes"] == MOST_PASSES:
                break
            self._say(f"{len(moved)} blobs moved meanwhile: once more")
        found = found.without(lacking) if lacking else found
        figures["blobs"] = len(found.blobs)
        figures["bytes"] = sum(sizes[one] for one in found.blobs)
        return found, snapshot

    def _blobs(self) -> str:
        # The trash comes last: a collection moves blobs there while the store is read.
        folders = (f"{places.STORE}/blobs", f"{places.TRASH}/blobs")
        root = self._plan["images"]
        there = [one for one in folders if os.path.isdir(os.path.join(root, one))]
        return self._snapshot(BLOBS, there, root, (0, INCOMPLETE)) if there else ""

    def _links(self, path: str, blobs: str) -> str:
        """Save the list and the host's files; once more if a deploy took some away meanwhile."""
        top = self._plan["state"]
        tag = f"{SNAPSHOTS},{keeping.tag_of(blobs)}" if blobs else SNAPSHOTS
        for left in reversed(range(MOST_PASSES)):
            state = [name for name in sorted(os.listdir(top)) if name not in UNSAVED]
            names = [path, self._plan["etc"], *(os.path.join(top, name) for name in state)]
            try:
                return self._snapshot(tag, names, None, (0,))
            except ResticError:
                if not left:
                    raise
        raise AssertionError

    def _snapshot(self, tag: str, names: list[str], cwd: str | None, good: tuple[int, ...]) -> str:
        """Save files; return the identity of the snapshot, and count the bytes."""
        first = tag.partition(",")[0]
        before = [one for one in self.before if first in one["tags"]]
        parent = ("--parent", before[-1]["id"]) if before else ()
        host = ("--host", self._plan["host"], "--tag", tag)
        said = self._restic.run("backup", "--json", *host, *parent, *names, cwd=cwd, good=good)
        summary = _summary(said)
        self.figures["added"] += summary["data_added"]
        return str(summary["snapshot_id"])


def saved(restic: Restic, snapshot: str) -> dict[str, int]:
    """Return the size by digest of all blobs that a snapshot has."""
    return {digest: size for digest, (_, size) in located(restic, snapshot).items()}


def located(restic: Restic, snapshot: str) -> dict[str, tuple[str, int]]:
    """Return path and size by digest of all blobs that a snapshot has."""
    found: dict[str, tuple[str, int]] = {}
    for line in restic.run("ls", "--json", snapshot).splitlines():
        one: dict[str, Any] = json.loads(line)
        digest = digests.of_path(one.get("path", "")) if one.get("type") == "file" else None
        if digest:
            found[digest] = one["path"], one.get("size", 0)
    return found


def _summary(said: str) -> dict[str, Any]:
    """Return the last line of a backup. Raises ValueError without one."""
    for line in reversed(said.splitlines()):
        one: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
        if one.get("message_type") == "summary":
            return one
    raise ValueError("restic backup: expected a summary, got none")


def _is_there(store: Directory, digest: str) -> bool:
    place = places.blob(digest)
    return store.has(place) or store.is_trashed(place)
