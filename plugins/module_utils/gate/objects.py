"""Keep a store in a bucket with versions: the trash is what has a delete marker on top.

A move to the trash adds a marker, and a restore removes it: no byte is copied.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress

from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.below import (
    path_below,
    several,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.listed_objects import (
    Listed,
    ListedObjects,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.object_tags import (
    ObjectTags,
    trashed,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    MOST_BYTES,
    STORE,
    Each,
    Look,
    Made,
    Repository,
    Store,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage import s3_listing, s3_proof
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_pool import (
    NotAllowedError,
    Pool,
    Version,
)

NO_VERSIONS = (
    "the bucket: expected to keep versions, so that a push can have back what a clean-up takes"
    " away, found none. Enable versioning of the bucket"
)


OTHERS = (
    "the bucket: expected the gate of this host alone, whose pushes a clean-up sees, found others:"
    " {others}. Collect nothing while several hosts push; remove the object of a host that is gone"
)
GATES = "holdfast-gates"
"""Folder with an object for each host whose gate lets pushes into the bucket."""


class Objects(Store):
    """A store in a bucket. Methods raise OSError, with a sentence of what to do."""

    AT_ONCE = 16
    DISTANT = True

    def __init__(self, pool: Pool, root: str, headers: dict[str, str] | None = None) -> None:
        """Use a pool; `headers` are those with which the registry stores: class and encryption."""
        self._pool, self._headers = pool, headers or {}
        self._looked: dict[str, bool] = {}
        self._root = f"{root}/{STORE}/" if root else f"{STORE}/"
        self._gates = f"{root}/{GATES}/" if root else f"{GATES}/"

    def key(self, place: str) -> str:
        """Return the key of a place. Raises ValueError for one outside of the store."""
        return path_below("/store", place).replace("/store/", self._root, 1)

    @property
    def tags(self) -> ObjectTags:
        """Tags of the store."""
        return ObjectTags(self, self.key, self._pool, self._delete)

    def refusal(self) -> str:
        """Return why nothing can be moved to the trash; "" if it can."""
        try:
            versioned = s3_listing.versioned(self._pool)
            list(s3_listing.versions(self._pool, self._gates))
        except NotAllowedError as error:
            return str(error)
        return self.shared() if versioned else NO_VERSIONS

    def shared(self) -> str:
        """Return why nothing can be taken away even for ever; "" if it can."""
        found = s3_listing.objects(self._pool, self._gates)
        others = [one.key for (one,) in found if one.key != self._gates + _machine()]
        return OTHERS.format(others=", ".join(others)) if others else ""

    def announce(self) -> None:
        """Let other gates know of this one, before its first push."""
        name = socket.gethostname().encode()
        self._pool.ask("s3:PutObject", "PUT", self._gates + _machine(), {}, name, self._headers)

    def look(self) -> Look:
        """Return what is there now, by one list."""
        return self._listed("")

    def repository(self, name: str) -> Repository:
        """Return one repository as it is now."""
        known = {one.name: one for one in self._listed(f"repositories/{name}/_").repositories()}
        return known.get(name) or Listed(name, self._all_tagged)

    def _listed(self, below: str) -> Look:
        kept = False
        with suppress(NotAllowedError):
            kept = s3_listing.versioned(self._pool)
        call = s3_listing.versions if kept else s3_listing.objects
        return ListedObjects(call(self._pool, self._root + below), self._root, self._all_tagged)

    def has(self, place: str) -> bool:
        """Return True if the place exists in the store."""
        key = self.key(place)
        return self._pool.ask("s3:GetObject", "HEAD", key) is not None

    def missing(self, places: Iterable[str]) -> list[str]:
        """Return the places that the store does not have; several are looked for at once."""
        wanted = list(places)
        there = self._pool.map(self.has, wanted)
        return [place for place, found in zip(wanted, there, strict=True) if not found]

    def is_trashed(self, place: str) -> bool:
        """Return True if the place exists in the trash."""
        return bool(trashed(self._versions(place)))

    def read(self, place: str) -> bytes | None:
        """Return the content of a file in the store, or else in the trash; None if in neither.

        Raises OSError for one that is larger than a manifest.
        """
        found = self._get(place, {})
        if found is None:
            old = trashed(self._versions(place))
            found = self._get(place, {"versionId": old.number}) if old else None
        if found is not None and len(found) > MOST_BYTES:
            raise OSError(f"{place}: expected at most {MOST_BYTES} bytes, got more")
        return found

    def _get(self, place: str, query: dict[str, str]) -> bytes | None:
        headers = {"range": f"bytes=0-{MOST_BYTES}"}
        answer = self._pool.ask("s3:GetObject", "GET", self.key(place), query, b"", headers)
        return None if answer is None else answer.body

    def size(self, place: str) -> int:
        """Return the bytes of a file in the store, or else in the trash; 0 if in neither."""
        answer = self._pool.ask("s3:GetObject", "HEAD", self.key(place))
        if answer is not None:
            return int(answer.headers.get("Content-Length") or 0)
        old = trashed(self._versions(place))
        return old.size if old else 0

    def tagged(self, repository: str, name: str) -> str:
        """Return the digest of a tag; "" if there is none. Raises ValueError for a bad name."""
        return places.linked(self._get(places.current(repository, name), {}))

    def _all_tagged(self, repository: str, names: list[str]) -> list[str]:
        """Return the digests of tags, read beside each other: quotas are locked meanwhile."""
        return self._pool.map(lambda name: self.tagged(repository, name), names)

    def prepare(self, places: list[str]) -> None:
        """Look for places, so that their move is one request. Raises OSError without versions."""
        # Without them the request would remove the places for ever.
        if not s3_listing.versioned(self._pool):
            raise OSError(NO_VERSIONS)
        self.prepare_removal(places)

    def prepare_removal(self, places: list[str]) -> None:
        """Look for places that nothing may bring back."""
        wanted = several(places)
        gone = set(self.missing(wanted))
        self._looked = {place: place not in gone for place in wanted}

    def each(self, call: Callable[[Each], Made], items: Iterable[Each]) -> list[Made]:
        """Return the results of a call that reads the store for each item, in their order."""
        return self._pool.map(call, items)

    def discard(self, places: list[str]) -> list[str]:
        """Move places to the trash by a delete marker; return those that the store had."""
        wanted = several(places)
        if not self._looked.keys() >= set(wanted):
            self.prepare(wanted)
        # Each look is good for one move.
        there = [place for place in wanted if self._looked.pop(place, False)]
        self._delete([(self.key(place), "") for place in there])
        return there

    def restore(self, place: str) -> bool:
        """Remove the markers of a place; False if the trash does not have it."""
        found = self._versions(place)
        back = False
        # Markers of several deletes lie on each other.
        while trashed(found):
            self._delete([(found[0].key, found[0].number)])
            found, back = self._versions(place), True
        return back

    def purge(self, places: list[str]) -> list[str]:
        """Remove all versions of places that are in the trash; return those that it had."""
        wanted = several(places)
        found = dict(zip(wanted, self._pool.map(self._versions, wanted), strict=True))
        # The latest is a marker: a version that is uploaded at this moment is none of these.
        due = {place: some for place, some in found.items() if some and some[0].marker}
        every = [one for some in due.values() for one in some]
        # The markers last: below them nobody finds a content that is about to go.
        for markers in (False, True):
            self._delete([(one.key, one.number) for one in every if one.marker is markers])
        return list(due)

    def write(self, place: str, content: bytes) -> None:
        """Write a file into the store, for the registry to read."""
        self._pool.ask("s3:PutObject", "PUT", self.key(place), {}, content, self._headers)

    def _versions(self, place: str) -> list[Version]:
        """Return the versions of a place, the latest first."""
        key = self.key(place)
        found = s3_listing.versions(self._pool, key)
        # Who may see no versions takes nothing away either: see refusal().
        with suppress(NotAllowedError):
            return next((some for some in found if some[0].key == key), [])
        return []

    def _delete(self, which: list[tuple[str, str]]) -> None:
        """Delete versions, or with an empty number add a marker: many in one request."""
        for start in range(0, len(which), 1000):
            body, headers = s3_proof.deletion(which[start : start + 1000])
            self._pool.ask("s3:DeleteObject", "POST", "", {"delete": ""}, body, headers)


def _machine() -> str:
    with open("/etc/machine-id", encoding="ascii") as stream:
        return stream.read().strip()
