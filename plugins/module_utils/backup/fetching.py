"""Read blobs from a snapshot, and write each one with a hash: wrong content never gets its name."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, NamedTuple

from ansible_collections.holdfast.registry.plugins.module_utils.backup.restic import Restic
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    digests,
    foreign_files,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

BLOCK = 1 << 20
FEW_BLOBS, FEW_FOLDERS = 12, 64
"""Most blobs, and folders, that are read one by one: each costs a start of restic."""


class Fetched(NamedTuple):
    """Result of reading some blobs."""

    blobs: int
    bytes: int
    damaged: list[str]
    """Digests whose content is another one in the backup."""


class Writer:
    """Write files below a directory as the owner of that directory, through no link."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        status = os.stat(directory)
        self._owner = status.st_uid, status.st_gid

    def link(self, path: str, digest: str) -> None:
        """Write a link of the registry's."""
        self._write(path, lambda: iter([digest.encode()]))

    def folder(self, path: str) -> None:
        """Make a directory and those above it, if they are missing."""
        with foreign_files.folder_below(self.directory, path, self._owner):
            pass

    def blob(self, digest: str, parts: Iterable[bytes]) -> int | None:
        """Write a blob into the store; return its bytes, None if the content is another one."""
        hasher, size = digests.hasher(digest), 0

        def read() -> Iterator[bytes]:
            nonlocal size
            for part in parts:
                hasher.update(part)
                size += len(part)
                yield part

        def right() -> bool:
            return bool(hasher.hexdigest() == digest.partition(":")[2])

        done = self._write(f"{places.STORE}/{places.blob(digest)}", read, right)
        return size if done else None

    def _write(
        self,
        path: str,
        read: Callable[[], Iterator[bytes]],
        right: Callable[[], bool] = lambda: True,
    ) -> bool:
        """Write a file atomically, unless its content turns out wrong."""
        folder, name = os.path.split(path)
        with foreign_files.folder_below(self.directory, folder, self._owner) as here:
            beside = f"{name}.holdfast-new"
            descriptor = foreign_files.create(beside, here)
            with os.fdopen(descriptor, "wb") as stream:
                for part in read():
                    stream.write(part)
                stream.flush()
                os.fsync(descriptor)
                os.fchown(descriptor, *self._owner)
                os.fchmod(descriptor, foreign_files.FILE_MODE)
            if not right():
                os.unlink(beside, dir_fd=here)
                return False
            os.rename(beside, name, src_dir_fd=here, dst_dir_fd=here)
            os.fsync(here)
        return True


def fetch(
    restic: Restic,
    snapshot: str,
    known: Mapping[str, tuple[str, int]],
    wanted: set[str],
    writer: Writer,
) -> Fetched:
    """Write blobs of a snapshot into a store. Raises StepError if restic fails, or room is missing.

    `known` has path and size of each blob of the snapshot; those that it lacks are left out.
    """
    paths = {one: known[one][0] for one in wanted if one in known}
    refuse_full(writer.directory, sum(known[one][1] for one in paths))
    blobs, size, damaged = 0, 0, list[str]()
    left = set(paths)
    for folder in _folders(paths):
        with (
            restic.reading("dump", "--archive", "tar", snapshot, folder) as stream,
            tarfile.open(fileobj=stream, mode="r|") as archive,
        ):
            for digest, content in _blobs(archive, left):
                left.discard(digest)
                written = writer.blob(digest, _parts(content))
                if written is None:
                    damaged.append(digest)
                    continue
                blobs, size = blobs + 1, size + written
    return Fetched(blobs, size, damaged)


def refuse_full(directory: str, needed: int) -> None:
    """Raise StepError if the disk of a directory has not the room for `needed` bytes."""
    free = shutil.disk_usage(directory).free
    if needed > free:
        raise StepError(
            f"{directory}: expected {_mib(needed)} of free space for what the backup has, found"
            f" {_mib(free)}. Make room, and run it again"
        )


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"


def _folders(paths: dict[str, str]) -> list[str]:
    """Return the folders of a snapshot in which the blobs are: few if there are many blobs."""
    own = sorted({os.path.dirname(path) for path in paths.values()})
    if len(own) <= FEW_BLOBS:
        return own
    prefixes = sorted({os.path.dirname(path) for path in own})
    if len(prefixes) <= FEW_FOLDERS:
        return prefixes
    return sorted({path[: path.index("/blobs/") + len("/blobs")] for path in prefixes})


def _blobs(archive: tarfile.TarFile, wanted: set[str]) -> Iterator[tuple[str, IO[bytes]]]:
    for member in archive:
        digest = digests.of_path(member.name) if member.isreg() else None
        content = archive.extractfile(member) if digest in wanted else None
        if digest and content:
            yield digest, content


def _parts(stream: IO[bytes]) -> Iterator[bytes]:
    while part := stream.read(BLOCK):
        yield part
