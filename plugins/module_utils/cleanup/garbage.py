"""List what no manifest needs, and what is in the trash."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.marks import Marks
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    DAMAGED,
    Item,
    Look,
)


def garbage(look: Look, marks: Marks, before: float) -> Iterator[Item]:
    """Yield blobs that no manifest needs, and links that no manifest of their repository needs.

    Only those that did not change since `before`, in seconds since 1970.
    """
    for item, _ in look.blobs(marks.live):
        if item.time <= before:
            yield item
    for repository in look.repositories():
        needed = marks.layers.get(repository.name)
        if needed is None:  # new since the mark, or with a manifest that cannot be read
            continue
        for link, _ in repository.links(needed):
            if link.time <= before:
                yield link


def is_garbage(item: Item) -> bool:
    """Return True if a garbage collection moved a file of the trash, and nobody else."""
    # In a bucket, the registry's own deletes of uploads that have ended are in the trash, too.
    parts = item.place.split("/")
    return parts[0] != DAMAGED and not {"_manifests", "_uploads"} & set(parts)


def needed_again(marks: Marks, item: Item) -> bool:
    """Return True if a manifest needs a file of the trash."""
    parts = item.place.split("/")
    if parts[0] == "blobs":
        return f"{parts[1]}:{parts[-2]}" in marks.live
    if "_layers" not in parts:
        return False
    repository, digest = "/".join(parts[1:-4]), f"{parts[-3]}:{parts[-2]}"
    needed = marks.layers.get(repository, set())
    return needed is None or digest in needed
