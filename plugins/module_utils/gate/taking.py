"""Take tags and manifests away under the gate's lock, and bring them back from the trash.

A cycle that began before somebody decided what goes has in its journal all that was pushed since:
no such image loses its tag or its manifest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.protocol import Gate, needed
from ansible_collections.holdfast.registry.plugins.module_utils.gate.pushes import Pushes
from ansible_collections.holdfast.registry.plugins.module_utils.gate.references import references

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import (
        Pushed,
        Taken,
        TakeOrder,
    )


class Taking:
    """Removal and return of tags and manifests over one store."""

    def __init__(self, gate: Gate, pushes: Pushes, changed: Callable[[str], None]) -> None:
        self._gate, self._pushes, self._changed = gate, pushes, changed

    def take(self, order: TakeOrder) -> Taken:
        """Move tags that still name the digest, and manifests, to the trash.

        Those that were pushed since the cycle began stay. Raises StaleCycleError.
        """
        store, repository = self._gate.store, order["repository"]
        # Raises OSError if nothing could come back, but something has to.
        prepare = store.prepare_removal if order["for_ever"] else store.prepare
        prepare([places.revision(repository, one) for one in order["manifests"]])
        images = {*order["tags"].values(), *order["manifests"]}
        links = [places.current(repository, name) for name in order["tags"]]
        claimed = [*map(places.blob, images), *links]
        with self._gate.taking(order["cycle"], repository, claimed) as free:
            going = self._named(repository, order["tags"], free)
            loose = [one for one in order["manifests"] if places.blob(one) in free]
            tags = self._take_tags(repository, going, order["by"])
            manifests = self._take_manifests(repository, loose, order["by"])
        self._changed(repository)
        return {"tags": tags, "manifests": manifests}

    def _named(self, repository: str, tags: dict[str, str], free: set[str]) -> dict[str, str]:
        """Return the tags that still name their digests, and that no push needs."""
        some = {
            name: digest
            for name, digest in tags.items()
            if {places.blob(digest), places.current(repository, name)} <= free
        }
        found = self._gate.store.each(lambda name: self._gate.store.tagged(repository, name), some)
        pairs = zip(some.items(), found, strict=True)
        return {name: digest for (name, digest), one in pairs if one == digest}

    def _take_tags(self, repository: str, going: dict[str, str], by: str) -> list[str]:
        # Recorded first: an undo brings nothing back from a bucket that is not in the record.
        # Since its tag was taken away, a manifest can be without one.
        pushed: Pushed = {"time": time.time(), "by": by}
        for name, digest in going.items():
            self._record(repository, name, pushed, replaced=digest)
        return self._gate.store.tags.take(repository, list(going))

    def _take_manifests(self, repository: str, loose: list[str], by: str) -> list[str]:
        pushed: Pushed = {"time": time.time(), "by": by}
        for digest in loose:
            self._record(repository, "", pushed, replaced=digest)
        links = {places.revision(repository, one): one for one in loose}
        return [links[one] for one in self._gate.store.discard(list(links))]

    def bring_back(
        self, repository: str, digest: str, tag: str, pushed: Pushed | None = None
    ) -> bool:
        """Move a manifest with all that it needs back, and its tag, if one is given.

        Record the push of the tag as it was, if it is known. False if something is missing, or
        the tag exists.
        """
        store = self._gate.store
        if tag and store.tags.has(repository, tag):
            return False
        wanted = whole(store, repository, digest)
        with self._gate.pushing(repository, wanted, tag) as gone:
            done = not gone and (not tag or store.tags.restore(repository, tag))
        if done and tag and pushed:
            self._record(repository, tag, pushed, digest=digest)
        self._changed(repository)
        return done

    def _record(
        self, repository: str, tag: str, pushed: Pushed, digest: str = "", replaced: str = ""
    ) -> None:
        """Record what a tag names from then on, and what it named before."""
        self._pushes.add(
            {
                "time": pushed["time"],
                "repository": repository,
                "tag": tag,
                "digest": digest,
                "replaced": replaced,
                "by": pushed["by"],
                "address": "",
            }
        )


def whole(store: places.Store, repository: str, first: str) -> set[str]:
    """Return the places of a manifest with all that it needs to be pulled from a repository.

    Manifests of an index that the repository has neither now nor in the trash are left out.
    """
    found: set[str] = set()
    waiting, seen = [first], {first}
    while waiting:
        digest = waiting.pop()
        found |= {places.blob(digest), places.revision(repository, digest)}
        content = store.read(places.blob(digest))
        if content is None:
            continue
        own = references(content)
        found |= needed(repository, set(own.blobs), set(own.blobs))
        inner = [one for one in own.manifests if one not in seen and _known(store, repository, one)]
        seen.update(inner)
        waiting += inner
    return found


def _known(store: places.Store, repository: str, digest: str) -> bool:
    place = places.revision(repository, digest)
    return store.has(place) or store.is_trashed(place)
