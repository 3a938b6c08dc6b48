"""Where a registry keeps what it stores: files of a directory or objects of a bucket, by one name.

Names are those below the root: docker/registry/v2/... Each place is opened for one thread.
"""

from __future__ import annotations

import hashlib
import os
import pwd
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from ansible_collections.holdfast.registry.plugins.module_utils import files, s3_proof, storage
from ansible_collections.holdfast.registry.plugins.module_utils.s3_client import (
    Answer,
    Bucket,
    RefusedError,
)

STORE = "docker/registry/v2/"
UPLOADS = "/_uploads/"
"""Uploads that are not finished are no part of what is kept."""
BLOCK = 1 << 20
PART = 16 << 20
"""Bytes of the parts of a large object: 10000 of them are 160 GB."""


class Place(Protocol):
    """What can be listed, read, written and removed."""

    def names(self, *, uploads: bool = False) -> Iterator[tuple[str, int]]:
        """Yield name and size in bytes of everything that is kept; `uploads`: begun ones, too."""

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the content in blocks."""

    def write(self, name: str, content: Iterator[bytes]) -> str:
        """Write what comes, whole or not at all; return its SHA-256 as read back."""

    def remove(self, names: list[str]) -> None:
        """Remove what has these names."""

    def close(self) -> None:
        """Close connections."""


def opened(facts: Mapping[str, Any], secrets: Mapping[str, str]) -> Place:
    """Return a place by its facts. Raises OSError when a host's own role gives no keys."""
    if "directory" in facts:
        return Directory(facts["directory"])
    return Objects(storage.bucket(facts, secrets))


class Directory:
    """Files of the host, which belong to the registry."""

    def __init__(self, root: str) -> None:
        self._root = root

    def names(self, *, uploads: bool = False) -> Iterator[tuple[str, int]]:
        """Yield name and size of every file."""
        for folder, folders, found in os.walk(os.path.join(self._root, STORE)):
            if "_uploads" in folders and not uploads:
                folders.remove("_uploads")
            for name in found:
                path = os.path.join(folder, name)
                yield os.path.relpath(path, self._root), os.stat(path).st_size

    def read(self, name: str) -> Iterator[bytes]:
        """Yield a file's content."""
        with open(os.path.join(self._root, name), "rb") as stream:
            yield from iter(lambda: stream.read(BLOCK), b"")

    def write(self, name: str, content: Iterator[bytes]) -> str:
        """Write a file beside the one it replaces, read it back, and rename it."""
        user = pwd.getpwnam(storage.USER)
        path = os.path.join(self._root, name)
        self._folder(os.path.dirname(path), user)
        beside = f"{path}.holdfast-new"
        with open(beside, "wb") as stream:
            for block in content:
                stream.write(block)
            os.fchown(stream.fileno(), user.pw_uid, user.pw_gid)
            stream.flush()
            os.fsync(stream.fileno())
        found = files.sha256_of(beside)
        os.rename(beside, path)
        files.sync_directory(os.path.dirname(path))
        return found

    def remove(self, names: list[str]) -> None:
        """Remove files."""
        for name in names:
            os.unlink(os.path.join(self._root, name))

    def close(self) -> None:
        """Nothing is open."""

    def _folder(self, path: str, user: pwd.struct_passwd) -> None:
        if not os.path.isdir(path):
            self._folder(os.path.dirname(path), user)
            try:
                os.mkdir(path, 0o755)
            except FileExistsError:  # by another thread
                return
            os.chown(path, user.pw_uid, user.pw_gid)


class Objects:
    """Objects of a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        root = bucket.facts["root"]
        self._root = f"{root}/" if root else ""

    def names(self, *, uploads: bool = False) -> Iterator[tuple[str, int]]:
        """Yield name and size of every object."""
        for key, size in self._bucket.objects(self._root + STORE):
            if uploads or UPLOADS not in key:
                yield key.removeprefix(self._root), size

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
            headers = s3_proof.placed(self._bucket)
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
    """Yield a content in parts of one size, the last one excepted."""
    held = bytearray()
    for block in content:
        held += block
        if len(held) >= PART:
            yield bytes(held[:PART])
            del held[:PART]
    if held:
        yield bytes(held)
