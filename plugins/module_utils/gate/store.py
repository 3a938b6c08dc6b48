"""Files of a Distribution store and of the trash beside it: test, rename, restore, remove.

The trash has the same paths below `holdfast-trash`, on the same file system, so that a file moves
by one rename, which needs no space. Source of the paths: Distribution 3.1.1,
registry/storage/paths.go.
"""

from __future__ import annotations

import contextlib
import os
import re

from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    digests,
    files,
    foreign_files,
)

MOST_BYTES = 4 << 20
"""Largest manifest that the registry takes."""
STORE = "docker/registry/v2"
TRASH = "holdfast-trash"
DAMAGED = "damaged"
"""Folder of the trash with blobs that a push must not bring back."""
REPOSITORY = re.compile(
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
)
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_KNOWN = re.compile("|".join(f"{name}:[0-9a-f]{{{size}}}" for name, size in digests.SIZES.items()))


def blob(digest: str) -> str:
    """Return the path of a blob's content. Raises ValueError for a text that is no digest."""
    _parts(digest)
    return digests.path_of(digest)


def layer(repository: str, digest: str) -> str:
    """Return the path of the link that lets a repository serve a blob."""
    algorithm, digits = _parts(digest)
    return f"{_repository(repository)}/_layers/{algorithm}/{digits}/link"


def revision(repository: str, digest: str) -> str:
    """Return the path of the link that makes a manifest one of a repository's."""
    algorithm, digits = _parts(digest)
    return f"{_repository(repository)}/_manifests/revisions/{algorithm}/{digits}/link"


def tag(repository: str, name: str) -> str:
    """Return the folder of a tag. Raises ValueError for a text that is no tag."""
    if not TAG.fullmatch(name):
        raise ValueError(f"expected a tag, got {name!r}")
    return f"{_repository(repository)}/_manifests/tags/{name}"


def known(digest: str) -> bool:
    """Return True if a text is a digest that registries take."""
    return bool(_KNOWN.fullmatch(digest))


def _parts(digest: str) -> tuple[str, str]:
    if not known(digest):
        raise ValueError(f"expected a digest, got {digest!r}")
    algorithm, _, digits = digest.partition(":")
    return algorithm, digits


def _repository(name: str) -> str:
    if not REPOSITORY.fullmatch(name):
        raise ValueError(f"expected the name of a repository, got {name!r}")
    return f"repositories/{name}"


class Store:
    """A store in a directory, and its trash."""

    def __init__(self, directory: str) -> None:
        self.root = os.path.join(directory, STORE)
        self.trash = os.path.join(directory, TRASH)

    def path(self, place: str) -> str:
        """Return the absolute path of a place in the store."""
        return f"{self.root}/{place}"

    def trashed(self, place: str) -> str:
        """Return the absolute path of a place in the trash."""
        return f"{self.trash}/{place}"

    def has(self, place: str) -> bool:
        """Return True if the place exists in the store."""
        return os.path.exists(self.path(place))

    def is_trashed(self, place: str) -> bool:
        """Return True if the place exists in the trash."""
        return os.path.exists(self.trashed(place))

    def read(self, place: str) -> bytes | None:
        """Return the content of a file in the store, or else in the trash; None if in neither.

        Raises OSError for one that is no file, or larger than a manifest.
        """
        for path in (self.path, self.trashed):
            try:
                return foreign_files.read(path(place), MOST_BYTES)
            except (FileNotFoundError, NotADirectoryError):
                continue
        return None

    def size(self, place: str) -> int:
        """Return the bytes of a file in the store, or else in the trash; 0 if in neither."""
        for path in (self.path(place), self.trashed(place)):
            with contextlib.suppress(OSError):
                return os.stat(path).st_size
        return 0

    def prepare(self, place: str) -> None:
        """Make the folder of the trash to which a place will move."""
        os.makedirs(os.path.dirname(self.trashed(place)), exist_ok=True)

    def discard(self, place: str) -> bool:
        """Move a place to the trash and note the time; False if the store does not have it."""
        end = self.trashed(place)
        self.prepare(place)
        files.remove(end)
        try:
            os.rename(self.path(place), end)
        except FileNotFoundError:
            return False
        os.utime(end)
        return True

    def set_aside(self, place: str) -> None:
        """Move a damaged place to the trash, from where no push brings it back.

        Raises FileNotFoundError.
        """
        start, end = self.path(place), self.trashed(f"{DAMAGED}/{place}")
        os.makedirs(os.path.dirname(end), exist_ok=True)
        files.remove(end)
        os.rename(start, end)
        files.sync_directory(os.path.dirname(start))

    def restore(self, place: str) -> bool:
        """Move a place back from the trash, and sync it; False if the trash does not have it.

        If the store has it again, because it was pushed again, the one in the trash is removed.
        """
        start, end = self.trashed(place), self.path(place)
        if os.path.exists(end):
            files.remove(start)
            return False
        try:
            os.stat(start)
        except FileNotFoundError:
            return False
        os.makedirs(os.path.dirname(end), exist_ok=True)
        os.rename(start, end)
        files.sync_directory(os.path.dirname(end))
        return True

    def purge(self, place: str) -> bool:
        """Remove a place from the trash for ever; False if the trash does not have it."""
        if not os.path.lexists(self.trashed(place)):
            return False
        files.remove(self.trashed(place))
        return True

    def write(self, place: str, content: bytes) -> None:
        """Write a file into the store atomically, for the registry's user to read."""
        end = self.path(place)
        os.makedirs(os.path.dirname(end), exist_ok=True)
        files.replace_own(end, [content])
