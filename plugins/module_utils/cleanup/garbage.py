"""List what no manifest needs, and what is in the trash."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from typing import NamedTuple

from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.marks import Marks
from ansible_collections.holdfast.registry.plugins.module_utils.gate import listing
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import Store

TAGS = "/_manifests/tags"
"""Folder of tags that the retention has taken away."""


class Item(NamedTuple):
    """A file that can be moved or removed."""

    place: str
    size: int
    """Bytes."""
    time: float
    """Seconds since 1970: last change, or for a file in the trash when it was moved."""


def garbage(store: Store, marks: Marks, before: float) -> Iterator[Item]:
    """Yield blobs that no manifest needs, and links that no manifest of their repository needs.

    Only those that did not change since `before`, in seconds since 1970.
    """
    for item, _ in blobs(store.root, marks.live):
        if item.time <= before:
            yield item
    for repository, folder in listing.repositories(store):
        needed = marks.layers.get(repository)
        if needed is None:  # new since the mark, or with a manifest that cannot be read
            continue
        for digest, path in listing.digests(f"{folder}/_layers", needed):
            link = _item(places.layer(repository, digest), f"{path}/link")
            if link and link.time <= before:
                yield link


def trashed(store: Store) -> Iterator[Item]:
    """Yield all files in the trash."""
    for folder, inner, names in os.walk(store.trash):
        whole = []
        if folder.endswith(TAGS):  # a tag is one thing: the files in it keep their times
            whole, inner[:] = list(inner), []
        for name in [*names, *whole]:
            path = os.path.join(folder, name)
            item = _item(os.path.relpath(path, store.trash), path)
            if item:
                yield item


def is_garbage(item: Item) -> bool:
    """Return True if a garbage collection moved a file of the trash, and nobody else."""
    return "/_manifests/" not in item.place and not item.place.startswith(f"{places.DAMAGED}/")


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


def blobs(root: str, without: Container[str] = ()) -> Iterator[tuple[Item, str]]:
    """Yield each blob of a store with its digest; other files are left alone."""
    for algorithm in listing.folders(os.path.join(root, "blobs")):
        for first in listing.folders(algorithm.path):
            for digest, path in listing.named(algorithm.name, first.path, without):
                if digest.partition(":")[2][:2] == first.name:
                    item = _item(places.blob(digest), f"{path}/data")
                    if item:
                        yield item, digest


def _item(place: str, path: str) -> Item | None:
    try:
        status = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return None
    # A rename or a link changes the second one only.
    return Item(place, status.st_size, max(status.st_mtime, status.st_ctime))
