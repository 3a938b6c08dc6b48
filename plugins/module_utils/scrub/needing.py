"""Name the images that need some blobs."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.marks import (
    Memory,
    follow,
    repositories,
    revisions,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate import listing
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import Store


def needing(store: Store, memory: Memory, wanted: Iterable[str]) -> dict[str, list[str]]:
    """Return the images by digest that they need: by tag, and by digest if no tag needs it."""
    found: dict[str, list[str]] = {one: [] for one in wanted}
    for repository, folder in repositories(store):
        covered: set[str] = set()
        for tag, digest in sorted(listing.tags(folder)):
            closure = _closure(store, memory, digest)
            covered |= closure
            for one in found.keys() & closure:
                found[one].append(f"{repository}:{tag}")
        for digest in revisions(folder):
            if digest not in covered:
                for one in found.keys() & _closure(store, memory, digest):
                    found[one].append(f"{repository}@{digest}")
    return found


def _closure(store: Store, memory: Memory, digest: str) -> set[str]:
    """Return a manifest with all that it needs, as far as it can be read."""
    live: set[str] = set()
    follow(store, memory, digest, set(), live)
    return live
