"""Mark what the manifests of a store need, without a lock and without the registry.

The gate keeps the result right: see gate/protocol.py. References are remembered by digest, because
content never changes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.references import references
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import Look, Store
from ansible_collections.holdfast.registry.plugins.module_utils.system import files

Found = tuple[tuple[str, ...], tuple[str, ...]]
"""Blobs and manifests that one manifest names."""


@dataclass
class Marks:
    """Needed digests, and what was found on the way."""

    live: set[str] = field(default_factory=set)
    layers: dict[str, set[str] | None] = field(default_factory=dict)
    """Blobs that the manifests of a repository name; None if it has one that cannot be read."""
    manifests: int = 0
    damaged: list[str] = field(default_factory=list)
    """`repository@digest` of manifests that are missing or cannot be read."""


class Memory:
    """References of manifests that an earlier run has read, in a file of text lines."""

    def __init__(self, path: str = "") -> None:
        self._path = path
        self._known: dict[str, Found] = {}
        self._used: dict[str, Found] = {}
        if path and os.path.exists(path):
            with open(path, encoding="ascii", errors="replace") as stream:
                self._known = dict(_parsed(line) for line in stream if line.endswith("\n"))

    def of(self, digest: str, read: Callable[[str], bytes | None]) -> Found | None:
        """Return the references of a manifest; None if it is missing or cannot be read."""
        found = self._known.get(digest)
        if found is None:
            try:
                content = read(places.blob(digest))
                own = references(content) if content is not None else None
            except (OSError, ValueError):  # no manifest, or not even a file
                own = None
            if own is None:
                return None
            found = own.blobs, own.manifests
        self._used[digest] = found
        return found

    def save(self) -> None:
        """Write the references of all manifests of this run."""
        if not self._path:
            return
        lines = (
            f"{digest} {' '.join(blobs)} - {' '.join(inner)}\n".encode()
            for digest, (blobs, inner) in self._used.items()
        )
        files.replace_own(self._path, lines)


def _parsed(line: str) -> tuple[str, Found]:
    digest, _, rest = line.rstrip("\n").partition(" ")
    blobs, _, inner = rest.partition("- ")
    return digest, (tuple(blobs.split()), tuple(inner.split()))


def mark(
    store: Store, look: Look, memory: Memory, progress: Callable[[int], None] = lambda _: None
) -> Marks:
    """Return the marks of a store. Raises OSError if a folder cannot be read: nothing is known
    then."""
    found = Marks()
    for repository in look.repositories():
        needed: set[str] = set()
        good = True
        for digest in repository.revisions():
            found.manifests += 1
            if not follow(store, memory, digest, needed, found.live):
                good = False
                found.damaged.append(f"{repository.name}@{digest}")
        if not good:
            # What they name is not known: all that the repository links is kept.
            found.live.update(digest for _, digest in repository.links())
        found.layers[repository.name] = needed if good else None
        progress(found.manifests)
    memory.save()
    return found


def follow(store: Store, memory: Memory, first: str, needed: set[str], live: set[str]) -> bool:
    """Mark a manifest, and all that it names; return False if one of them cannot be read."""
    waiting, good, seen = [first], True, {first}
    for digest in waiting:
        live.add(digest)
        found = memory.of(digest, store.read)
        if found is None:
            # The manifests of an index may be left out on purpose; the first one may not.
            good = good and (digest != first and not store.has(places.blob(digest)))
            continue
        blobs, inner = found
        needed.update(blobs)
        live.update(blobs)
        if inner:
            waiting += [one for one in inner if one not in seen]
            seen.update(inner)
    return good
