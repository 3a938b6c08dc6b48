"""Keep a store in a directory: test, rename, restore, remove.

The trash has the same paths below `holdfast-trash`, on the same file system, so that a file moves
by one rename, which needs no space.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate import listing
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.below import (
    real_below,
    several,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.folder_tags import FolderTags
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    DAMAGED,
    MOST_BYTES,
    STORE,
    TAGS,
    TRASH,
    Item,
    Look,
    Named,
    Repository,
    Store,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, foreign_files

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.scrub import BlobSeen


class Folder(Repository):
    """A repository in a directory, which is read at each need."""

    def __init__(self, name: str, path: str) -> None:
        self.name, self.path = name, path

    def revisions(self) -> Iterator[str]:
        """Yield the digests of its manifests."""
        return listing.revisions(self.path)

    def tags(self) -> Iterator[tuple[str, str]]:
        """Yield name and digest of each tag; a damaged one is left out."""
        return listing.tags(self.path)

    def dated(self) -> Iterator[tuple[str, float]]:
        """Yield the digest of each manifest, and when its link changed last."""
        for digest in self.revisions():
            link = f"{self.path}/_manifests/revisions/{digest.replace(':', '/')}/link"
            yield digest, os.stat(link).st_mtime

    def named(self) -> Iterator[Named]:
        """Yield all tags by name, damaged ones too."""
        for one in sorted(listing.folders(f"{self.path}{TAGS}"), key=lambda one: one.name):
            time = None
            with contextlib.suppress(OSError):
                time = os.stat(f"{one.path}/{places.CURRENT}").st_mtime
            yield Named(one.name, listing.tagged(one.path), time)

    def links(self, without: Container[str] = ()) -> Iterator[tuple[Item, str]]:
        """Yield the link to each blob, with the blob's digest; not to those without."""
        for digest, path in listing.digests(f"{self.path}/_layers", without):
            item = listing.item(places.layer(self.name, digest), f"{path}/link")
            if item:
                yield item, digest


class Directory(Store, Look):
    """A store in a directory, and its trash. A look at it reads it at each need."""

    AT_ONCE = 1

    def __init__(self, directory: str) -> None:
        self.root = os.path.join(directory, STORE)
        self.trash = os.path.join(directory, TRASH)

    def announce(self) -> None:
        """Do nothing: a directory has one gate."""

    def path(self, place: str) -> str:
        """Return the absolute path of a place in the store."""
        return f"{self.root}/{place}"

    def trashed_path(self, place: str) -> str:
        """Return the absolute path of a place in the trash."""
        return f"{self.trash}/{place}"

    @property
    def tags(self) -> FolderTags:
        """Tags of the store."""
        return FolderTags(self, self.trash)

    def look(self) -> Look:
        """Return the store itself."""
        return self

    def repository(self, name: str) -> Repository:
        """Return one repository."""
        return Folder(name, self.path(f"repositories/{name}"))

    def repositories(self) -> Iterator[Repository]:
        """Yield the repositories; a registry without an image has none."""
        return (Folder(name, path) for name, path in listing.repositories(self.root))

    def blobs(self, without: Container[str] = ()) -> Iterator[tuple[Item, str]]:
        """Yield each blob with its digest, except some; other files are left out, too."""
        return listing.blobs(self.root, without)

    def trashed(self) -> Iterator[Item]:
        """Yield all files in the trash."""
        for folder, inner, names in os.walk(self.trash):
            whole = []
            if folder.endswith(TAGS):  # a tag is one thing: the files in it keep their times
                whole, inner[:] = list(inner), []
            for name in [*names, *whole]:
                path = os.path.join(folder, name)
                item = listing.item(os.path.relpath(path, self.trash), path)
                if item:
                    yield item

    def has(self, place: str) -> bool:
        """Return True if the place exists in the store."""
        return os.path.exists(self.path(place))

    def is_trashed(self, place: str) -> bool:
        """Return True if the place exists in the trash."""
        return os.path.exists(self.trashed_path(place))

    def read(self, place: str) -> bytes | None:
        """Return the content of a file in the store, or else in the trash; None if in neither.

        Raises OSError for one that is no file, or larger than a manifest.
        """
        for path in (self.path(place), self.trashed_path(place)):
            try:
                return foreign_files.read(path, MOST_BYTES)
            except (FileNotFoundError, NotADirectoryError):
                continue
        return None

    def size(self, place: str) -> int:
        """Return the bytes of a file in the store, or else in the trash; 0 if in neither."""
        for path in (self.path(place), self.trashed_path(place)):
            with contextlib.suppress(OSError):
                return os.stat(path).st_size
        return 0

    def blob_size(self, digest: str) -> int:
        """Return the bytes of a blob; 0 if it is missing."""
        try:
            return os.stat(self.path(places.blob(digest))).st_size
        except (OSError, ValueError):
            return 0

    def tagged(self, repository: str, name: str) -> str:
        """Return the digest of a tag; "" if there is none. Raises ValueError for a bad name."""
        return listing.tagged(self.path(places.tag(repository, name)))

    def prepare(self, places: list[str]) -> None:
        """Make the folders of the trash to which places will move."""
        for place in several(places):
            os.makedirs(os.path.dirname(real_below(self.trash, place)), exist_ok=True)

    def discard(self, places: list[str]) -> list[str]:
        """Move places to the trash and note the time; return those that the store had."""
        return [place for place in several(places) if self._discard(place)]

    def _discard(self, place: str) -> bool:
        if not self._move(real_below(self.root, place), place):
            return False
        os.utime(self.trashed_path(place))
        return True

    def set_aside(self, place: str, seen: BlobSeen) -> bool:
        """Move a damaged place to the trash, from where no push brings it back.

        False if another file is there than the one that was seen.
        """
        start = real_below(self.root, place)
        try:
            found = os.stat(start, follow_symlinks=False)
        except FileNotFoundError:
            return False
        now = (found.st_ino, found.st_size, found.st_mtime_ns)
        if now != (seen["inode"], seen["size"], seen["changed"]):
            return False
        self._move(start, f"{DAMAGED}/{place}")
        files.sync_directory(os.path.dirname(start))
        return True

    def _move(self, start: str, place: str) -> bool:
        """Move a path to a place of the trash, where it replaces what is there."""
        end = real_below(self.trash, place)
        if not os.path.lexists(start):  # a batch that is repeated must not empty the trash
            return False
        os.makedirs(os.path.dirname(end), exist_ok=True)
        files.remove(end)
        try:
            os.rename(start, end)
        except FileNotFoundError:
            return False
        return True

    def restore(self, place: str) -> bool:
        """Move a place back from the trash, and sync it; False if the trash does not have it.

        If the store has it again, because it was pushed again, the one in the trash is removed.
        """
        start, end = real_below(self.trash, place), real_below(self.root, place)
        if os.path.exists(end):
            files.remove(start)
            return False
        try:
            os.stat(start)
        except FileNotFoundError:
            return False
        files.make_synced(os.path.dirname(end))
        os.rename(start, end)
        files.sync_directory(os.path.dirname(end))
        return True

    def purge(self, places: list[str]) -> list[str]:
        """Remove places from the trash for ever; return those that the trash had."""
        there = [place for place in several(places) if self._lies_in_trash(place)]
        for place in there:
            files.remove(real_below(self.trash, place))
        return there

    def _lies_in_trash(self, place: str) -> bool:
        return os.path.lexists(real_below(self.trash, place))

    def write(self, place: str, content: bytes) -> None:
        """Write a file into the store atomically, for the registry's user to read."""
        end = real_below(self.root, place)
        files.make_synced(os.path.dirname(end))
        files.replace_own(end, [content])
