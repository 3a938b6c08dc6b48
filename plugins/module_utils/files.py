"""Writing files so that a power cut leaves the old or the new one, never half of one."""

from __future__ import annotations

import fcntl
import grp
import hashlib
import os
import pwd
import shutil
from collections.abc import Iterator
from contextlib import contextmanager


def sha256_of(path: str) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def write_new(
    path: str, content: bytes, mode: int, owner: str = "root", group: str = "root"
) -> None:
    """Write a file that does not exist yet; nobody else can read it before it has its mode."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        os.fchown(descriptor, pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid)
        os.fchmod(descriptor, mode)
        stream.flush()
        os.fsync(descriptor)


def replace(path: str, content: bytes, mode: int, owner: str = "root", group: str = "root") -> None:
    """Write a file in place of another, in one step."""
    beside = f"{path}.new"
    remove(beside)
    write_new(beside, content, mode, owner, group)
    os.rename(beside, path)
    sync_directory(os.path.dirname(path))


def make_directory(path: str, mode: int, group: str = "root") -> None:
    """Make a directory of root's, or give an existing one its mode and group."""
    os.makedirs(path, mode=0o755, exist_ok=True)
    os.chown(path, 0, grp.getgrnam(group).gr_gid)
    os.chmod(path, mode)


def link(path: str, target: str) -> bool:
    """Let a symbolic link point to a target, in one step; tell whether it pointed elsewhere."""
    if os.path.islink(path) and os.readlink(path) == target:
        return False
    os.makedirs(os.path.dirname(path), exist_ok=True)
    beside = f"{path}.new"
    remove(beside)
    os.symlink(target, beside)
    os.rename(beside, path)
    sync_directory(os.path.dirname(path))
    return True


def remove(path: str) -> None:
    """Remove a file, a link or a whole directory; one that does not exist is fine."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Keep out others that lock the same path, for as long as the block runs; wait for them."""
    with open(path, "w", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def sync_directory(path: str) -> None:
    """Make what was renamed in a directory outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
