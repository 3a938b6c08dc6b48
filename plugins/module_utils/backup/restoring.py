"""Restore images beside what is there: blobs, then manifests, tags last; all by the gate.

Links come to the trash first, from where the gate moves them under its lock, if nothing is missing.
So a restore that is cut leaves no half image, and one beside pushes and a clean-up loses nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.backup import choosing, messages
from ansible_collections.holdfast.registry.plugins.module_utils.backup.fetching import (
    Writer,
    fetch,
)
from ansible_collections.holdfast.registry.plugins.module_utils.backup.listing import Listed
from ansible_collections.holdfast.registry.plugins.module_utils.backup.restic import Restic
from ansible_collections.holdfast.registry.plugins.module_utils.backup.saving import located
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.control import Control
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.gate.listing import tagged
from ansible_collections.holdfast.registry.plugins.module_utils.gate.references import references
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        Linked,
        RestoreFigures,
        Snapshot,
        Tagged,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import Pushed


class Restoring:
    """One restore into the store of a plan."""

    def __init__(self, restic: Restic, say: Callable[[str], None]) -> None:
        plan = restic.plan
        self._restic, self._say = restic, say
        self._store, self._writer = Directory(plan["images"]), Writer(plan["images"])
        self._gate = Control(plan["control"])

    def run(self, chosen: Snapshot, only: str) -> RestoreFigures:
        """Restore what is not there. Raises StepError, and what the gate raises."""
        found, blobs = choosing.links(self._restic, chosen)
        found = choosing.only(found, only)
        figures: RestoreFigures = {
            "snapshot": chosen["id"],
            "time": chosen["time"],
            "blobs": 0,
            "bytes": 0,
            "manifests": 0,
            "tags": 0,
            "kept": [],
            "missing": [],
        }
        self._fetch(found, blobs, figures)
        for one in found.manifests:
            self._links(one, found.contents[one["digest"]])
        for one in found.manifests:
            done = self._gate.bring_back(one["repository"], one["digest"])
            figures["manifests"] += done
            if not done:
                figures["missing"].append(f"{one['repository']}@{one['digest']}")
        for tag in found.tags:
            self._tag(tag, figures)
        self._gate.close()
        return figures

    def _fetch(self, found: Listed, snapshot: str, figures: RestoreFigures) -> None:
        """Write the blobs that neither the store nor its trash has."""
        blobs = found.blobs
        lacking = {one for one in blobs if not self._is_there(places.blob(one))}
        texts = lacking & set(found.contents)
        self._say(f"{len(lacking)} of {len(blobs)} blobs are not here")
        wanted = lacking - texts
        known = located(self._restic, snapshot) if wanted else {}
        done = fetch(self._restic, snapshot, known, wanted, self._writer)
        for digest in texts:
            self._writer.blob(digest, [found.contents[digest]])
        figures["blobs"], figures["bytes"] = done.blobs + len(texts), done.bytes
        for digest in done.damaged:
            self._say(f"{messages.damaged(digest)}. It is left out")

    def _links(self, one: Linked, content: bytes) -> None:
        """Write the links of a manifest and of its blobs to the trash, unless they are there."""
        repository, digest = one["repository"], one["digest"]
        wanted = {places.layer(repository, blob): blob for blob in references(content).blobs}
        wanted[places.revision(repository, digest)] = digest
        for place, named in wanted.items():
            if not self._is_there(place):
                # Folders that the gate would make would belong to it, and not to the registry.
                self._writer.folder(f"{places.STORE}/{os.path.dirname(place)}")
                self._writer.link(f"{places.TRASH}/{place}", named)

    def _tag(self, one: Tagged, figures: RestoreFigures) -> None:
        repository, name, digest = one["repository"], one["tag"], one["digest"]
        place = places.tag(repository, name)
        here = tagged(self._store.path(place))
        if here:
            if here != digest:
                figures["kept"].append(f"{repository}:{name}")
            return
        self._store.purge([place])
        self._writer.folder(f"{places.STORE}/{os.path.dirname(place)}")
        index = f"{place}/index/{digests.folder_of(digest)}/link"
        for path in (index, f"{place}/current/link"):
            self._writer.link(f"{places.TRASH}/{path}", digest)
        # Rules of the retention go by the time of the push.
        pushed: Pushed | None = (
            None if one["time"] is None else {"time": one["time"], "by": one["by"]}
        )
        if not self._gate.bring_back(repository, digest, name, pushed):
            self._store.purge([place])
            return
        figures["tags"] += 1

    def _is_there(self, place: str) -> bool:
        return self._store.has(place) or self._store.is_trashed(place)
