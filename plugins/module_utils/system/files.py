"""Write files atomically: after a power cut there is the old or the new one."""

from __future__ import annotations

import errno
import fcntl
import grp
import hashlib
import json
import os
import pwd
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

LOCK_SECONDS = 600.0
"""Seconds that a deploy or a renewal waits for another: longer than either should take."""


class BlockedError(OSError):
    """Another process holds a lock for too long; the text names it."""


def sha256_of(path: str) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def read_json(path: str) -> Any:
    """Return the value of a JSON file; None if it is missing or damaged."""
    try:
        with open(path, encoding="utf-8") as stream:
            return json.load(stream)
    except (OSError, ValueError):
        return None


def write_new(
    path: str, content: bytes, mode: int, owner: str = "root", group: str = "root"
) -> None:
    """Write a new file; nobody else can read it before it has its mode."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        os.fchown(descriptor, pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid)
        os.fchmod(descriptor, mode)
        stream.flush()
        os.fsync(descriptor)


def replace(path: str, content: bytes, mode: int, owner: str = "root", group: str = "root") -> None:
    """Replace a file atomically."""
    beside = f"{path}.new"
    remove(beside)
    write_new(beside, content, mode, owner, group)
    os.rename(beside, path)
    sync_directory(os.path.dirname(path))


def replace_own(path: str, parts: Iterable[bytes]) -> None:
    """Replace a file atomically by one with the owner and rights that this process gives to all."""
    beside = f"{path}.holdfast-new"
    with open(beside, "wb") as stream:
        stream.writelines(parts)
        stream.flush()
        os.fsync(stream.fileno())
    os.rename(beside, path)
    sync_directory(os.path.dirname(path))


def make_directory(path: str, mode: int, group: str = "root") -> None:
    """Create a directory owned by root, or set mode and group of an existing one."""
    os.makedirs(path, mode=0o755, exist_ok=True)
    os.chown(path, 0, grp.getgrnam(group).gr_gid)
    os.chmod(path, mode)


def link(path: str, target: str) -> bool:
    """Set a symbolic link atomically; return True if it changed."""
    if os.path.islink(path) and os.readlink(path) == target:
        return False
    os.makedirs(os.path.dirname(path), exist_ok=True)
    beside = f"{path}.new"
    remove(beside)
    os.symlink(target, beside)
    os.rename(beside, path)
    sync_directory(os.path.dirname(path))
    return True


def removable(path: str) -> str:
    """Return a path that can be removed. Raises ValueError for `/` and for what is in it."""
    # Two slashes at the begin stay two.
    if not path or "/" not in os.path.abspath(path).strip("/"):
        raise ValueError(f"{path!r}: expected a path below a folder of the machine. Name it whole")
    return path


def remove(path: str) -> None:
    """Remove a file, a link or a whole directory, if it exists. Raises ValueError: removable()."""
    path = removable(path)
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Hold the lock of a path while the block runs; only root can open it.

    Raises BlockedError with the holder's name after LOCK_SECONDS.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "r+", encoding="utf-8") as stream:
        os.fchmod(stream.fileno(), 0o600)
        _wait(stream, path)
        stream.seek(0)
        stream.truncate()
        stream.write(f"{os.getpid()} {' '.join(sys.argv)[:200]}\n")
        stream.flush()
        yield


def _wait(stream: TextIO, path: str) -> None:
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                stream.seek(0)
                holder = stream.read(300).strip() or "unknown"
                raise BlockedError(
                    errno.EWOULDBLOCK,
                    f"expected to be free within {LOCK_SECONDS:.0f} s, process {holder!r} holds it."
                    " Wait for it, or end it",
                    path,
                ) from None
            time.sleep(0.1)


def make_synced(path: str) -> None:
    """Create a directory and those above it, if they are missing; they survive a power cut."""
    if os.path.isdir(path):
        return
    parent = os.path.dirname(path)
    make_synced(parent)
    with suppress(FileExistsError):  # another thread was faster
        os.mkdir(path)
    sync_directory(parent)


def sync_directory(path: str) -> None:
    """Sync a directory, so that renames in it survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
