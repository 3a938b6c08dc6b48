"""Name the images that need some blobs."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.marks import (
    Memory,
    follow,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate import listing
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory


def needing(store: Directory, memory: Memory, wanted: Iterable[str]) -> dict[str, list[str]]:
    """Return the images by digest that they need: by tag, and by digest if no tag needs it."""
    found: dict[str, list[str]] = {one: [] for one in wanted}
    for repository, folder in listing.repositories(store.root):
        covered: set[str] = set()
        for tag, digest in sorted(listing.tags(folder)):
            closure = _closure(store, memory, digest)
            covered |= closure
            for one in found.keys() & closure:
                found[one].append(f"{repository}:{tag}")
        for digest in listing.revisions(folder):
            if digest not in covered:
                for one in found.keys() & _closure(store, memory, digest):
                    found[one].append(f"{repository}@{digest}")
    return found


def _closure(store: Directory, memory: Memory, digest: str) -> set[str]:
    """Return a manifest with all that it needs, as far as it can be read."""
    live: set[str] = set()
    follow(store, memory, digest, set(), live)
    return live
