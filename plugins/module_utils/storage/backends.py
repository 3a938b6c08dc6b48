"""Read and write a registry's storage, a directory or a bucket, by the same names.

Names are relative to the root: docker/registry/v2/... Each place is used by one thread.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Protocol

from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    preflight as storage_preflight,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage import s3_proof
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_client import (
    Answer,
    Bucket,
    RefusedError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import foreign_files
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
        Storage,
        StorageSecrets,
    )

STORE = "docker/registry/v2/"
UPLOADS = "_uploads"
"""Folder of unfinished uploads, which are not images."""
BLOCK = 1 << 20
PART = 16 << 20
"""Bytes of the parts of a large object: 10000 of them are 160 GB."""


class Backend(Protocol):
    """Storage of a registry: list, read, write and remove by name."""

    def names(
        self, under: str = STORE, *, without: tuple[str, ...] = (UPLOADS,), strict: bool = False
    ) -> Iterator[tuple[str, int]]:
        """Yield name and size in bytes of each object below a folder, which ends with a slash.

        `without` are the names of folders that are left out. With `strict`, raises StepError for
        what is neither a file nor a folder.
        """

    def has(self, name: str) -> bool:
        """Return True if there is an object with this name."""

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the content in blocks."""

    def write(self, name: str, content: Iterator[bytes]) -> str:
        """Write the content atomically; return its SHA-256 as read back."""

    def remove(self, names: list[str]) -> None:
        """Remove the objects with these names."""

    def close(self) -> None:
        """Close connections."""


def opened(facts: Storage, secrets: StorageSecrets) -> Backend:
    """Return the storage for its facts. Raises OSError if the host's role gives no keys."""
    if "directory" in facts:
        return Directory(facts["directory"])
    return Objects(storage_preflight.bucket(facts, secrets))


class Directory:
    """Storage in a directory of the host; the files belong to the registry's user."""

    def __init__(self, root: str) -> None:
        self._root = root

    def names(
        self, under: str = STORE, *, without: tuple[str, ...] = (UPLOADS,), strict: bool = False
    ) -> Iterator[tuple[str, int]]:
        """Yield name and size of every file. With `strict`, raises StepError for a link."""
        top = os.path.join(self._root, under)
        for folder, folders, found, here in os.fwalk(top) if os.path.isdir(top) else ():
            folders[:] = [name for name in folders if name not in without]
            for name in (*folders, *found):
                try:
                    status = os.stat(name, dir_fd=here, follow_symlinks=False)
                except FileNotFoundError:
                    continue  # removed meanwhile, by the registry that serves
                if stat.S_ISREG(status.st_mode):
                    path = os.path.join(folder, name)
                    yield os.path.relpath(path, self._root), status.st_size
                elif strict and not stat.S_ISDIR(status.st_mode):
                    raise _odd(os.path.join(folder, name))

    def has(self, name: str) -> bool:
        """Return True if there is a file with this name."""
        return os.path.isfile(os.path.join(self._root, name))

    def read(self, name: str) -> Iterator[bytes]:
        """Yield a file's content. Raises OSError for a link, a pipe or a device."""
        # The registry's user, who may not do what root may, could have put anything there.
        folder, _, base = name.rpartition("/")
        with (
            foreign_files.folder_below(self._root, folder) as here,
            foreign_files.opened(base, folder=here) as stream,
        ):
            yield from iter(lambda: stream.read(BLOCK), b"")

    def write(self, name: str, content: Iterator[bytes]) -> str:
        """Write a file beside the one it replaces, read it back, and rename it."""
        owner, (folder, _, base) = storage_preflight.owners(), name.rpartition("/")
        beside = f"{base}.holdfast-new"
        with foreign_files.folder_below(self._root, folder, owner) as here:
            with os.fdopen(foreign_files.create(beside, here), "w+b") as stream:
                for block in content:
                    stream.write(block)
                os.fchown(stream.fileno(), *owner)
                os.fchmod(stream.fileno(), foreign_files.FILE_MODE)
                stream.flush()
                os.fsync(stream.fileno())
                found = _sha256(stream)
            os.rename(beside, base, src_dir_fd=here, dst_dir_fd=here)
            os.fsync(here)
        return found

    def remove(self, names: list[str]) -> None:
        """Remove files."""
        for name in names:
            folder, _, base = name.rpartition("/")
            with foreign_files.folder_below(self._root, folder) as here:
                os.unlink(base, dir_fd=here)

    def close(self) -> None:
        """Do nothing: no connection is open."""


def _sha256(stream: BinaryIO) -> str:
    """Return the SHA-256 of an open file, read back from its start."""
    stream.seek(0)
    digest = hashlib.sha256()
    for block in iter(lambda: stream.read(BLOCK), b""):
        digest.update(block)
    return digest.hexdigest()


def _odd(path: str) -> StepError:
    text = "expected files and directories alone, found a link, a pipe or a device"
    return StepError(f"{path}: {text}. Put what belongs there in its place, or remove it")


class Objects:
    """Storage in a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        root = bucket.facts["root"]
        self._root = f"{root}/" if root else ""

    def names(
        self,
        under: str = STORE,
        *,
        without: tuple[str, ...] = (UPLOADS,),
        strict: bool = False,  # noqa: ARG002 -- a bucket has no links
    ) -> Iterator[tuple[str, int]]:
        """Yield name and size of every object."""
        for key, size in self._bucket.objects(self._root + under):
            if not any(f"/{name}/" in key for name in without):
                yield key.removeprefix(self._root), size

    def has(self, name: str) -> bool:
        """Return True if there is an object with this name."""
        found = next(self._bucket.objects(self._root + name), None)
        return found is not None and found[0] == self._root + name

    def read(self, name: str) -> Iterator[bytes]:
        """Yield an object's content."""
        answer = self._bucket.begin("GET", self._root + name)
        if answer.status != 200:
            raise RefusedError("s3:GetObject", Answer(answer.status, answer.headers, answer.read()))
        yield from iter(lambda: answer.read(BLOCK), b"")

    def write(self, name: str, content: Iterator[bytes]) -> str:
        """Write an object, in parts when it is large, and read it back."""
        key, parts = self._root + name, _parts(content)
        first = next(parts, b"")
        second = next(parts, None)
        if second is None:
            headers = s3_proof.placed(self._bucket.facts)
            self._bucket.ask("s3:PutObject", "PUT", key, body=first, headers=headers)
        else:
            self._in_parts(key, [first, second], parts)
        digest = hashlib.sha256()
        for block in self.read(name):
            digest.update(block)
        return digest.hexdigest()

    def remove(self, names: list[str]) -> None:
        """Remove objects, a thousand at a time."""
        for start in range(0, len(names), 1000):
            some = [self._root + name for name in names[start : start + 1000]]
            s3_proof.remove(self._bucket, some)

    def close(self) -> None:
        """Close the connection."""
        self._bucket.close()

    def _in_parts(self, key: str, begun: list[bytes], rest: Iterator[bytes]) -> None:
        number, tags = s3_proof.upload(self._bucket, key), list[str]()
        try:
            for part in (body for some in (iter(begun), rest) for body in some):
                query = {"partNumber": str(len(tags) + 1), "uploadId": number}
                answer = self._bucket.ask("s3:PutObject", "PUT", key, query, part)
                tags.append(answer.headers.get("ETag", ""))
            s3_proof.complete(self._bucket, key, number, tags)
        except BaseException:
            self._bucket.close()
            action = "s3:AbortMultipartUpload"
            self._bucket.ask(action, "DELETE", key, {"uploadId": number})
            raise


def _parts(content: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a content in parts of PART bytes; the last one may be smaller."""
    held = bytearray()
    for block in content:
        held += block
        if len(held) >= PART:
            yield bytes(held[:PART])
            del held[:PART]
    if held:
        yield bytes(held)
