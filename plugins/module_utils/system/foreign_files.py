"""Read and write files in places that a user with fewer rights can change at any moment.

Such a user can put a link, a pipe, a device or an endless file where a file is expected.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFDIR: "a directory",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
FOLDER_MODE, FILE_MODE = 0o770, 0o660
"""Modes of a store's files, as the registry makes them."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class OddFileError(OSError):
    """Something else than the expected file is at a path."""


def read(path: str, limit: int, *, owner: int | None = None, links: bool = False) -> bytes:
    """Return the content of a regular file of at most `limit` bytes.

    `owner` is the number of the user that it has to belong to. Links in its folders are followed,
    and one in place of it with `links`. Raises OddFileError for all else, at once.
    """
    # No stream, and memory of the file's size alone: a clean-up reads a million small files.
    descriptor, size = _descriptor(path, owner, links, None)
    try:
        content = os.read(descriptor, min(size, limit) + 1)
        while content and len(content) != size and len(content) <= limit:
            more = os.read(descriptor, limit + 1 - len(content))
            if not more:
                break
            content += more
    finally:
        os.close(descriptor)
    if len(content) > limit:
        raise _odd(path, f"at most {limit} bytes", "more")
    return content


@contextmanager
def opened(
    path: str, *, owner: int | None = None, links: bool = False, folder: int | None = None
) -> Iterator[BinaryIO]:
    """Open a regular file to read it. Raises OddFileError for anything else, see `read`.

    `folder` is the open directory from which a relative path counts.
    """
    descriptor, _ = _descriptor(path, owner, links, folder)
    with os.fdopen(descriptor, "rb") as stream:
        yield stream


def _descriptor(path: str, owner: int | None, links: bool, folder: int | None) -> tuple[int, int]:
    """Return a descriptor of a regular file to read it, and its size. Raises OddFileError."""
    # Found first and opened then: opening a device can do something, and a pipe's waits.
    follow = 0 if links else os.O_NOFOLLOW
    found = os.open(path, os.O_PATH | os.O_CLOEXEC | follow, dir_fd=folder)
    try:
        status = os.fstat(found)
        if not stat.S_ISREG(status.st_mode):
            raise _odd(path, "a file", KINDS.get(stat.S_IFMT(status.st_mode), "something else"))
        if owner is not None and status.st_uid != owner:
            raise _odd(path, f"a file of user {owner}", f"one of user {status.st_uid}")
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        return os.open(f"/proc/self/fd/{found}", flags), status.st_size
    finally:
        os.close(found)


@contextmanager
def folder_below(root: str, path: str, owner: tuple[int, int] | None = None) -> Iterator[int]:
    """Open a directory below another one, through no link; yield its descriptor.

    With `owner` (numbers of user and group) missing directories are created, and belong to it, as
    the registry makes them.
    """
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in filter(None, path.split("/")):
            inner = _step(here, part, owner)
            os.close(here)
            here = inner
        yield here
    finally:
        os.close(here)


def _step(here: int, part: str, owner: tuple[int, int] | None) -> int:
    try:
        return os.open(part, _FOLDER, dir_fd=here)
    except FileNotFoundError:
        if owner is None:
            raise
    except NotADirectoryError:
        raise _odd(part, "a directory", "a link or a file") from None
    try:
        os.mkdir(part, FOLDER_MODE, dir_fd=here)
    except FileExistsError:  # by another thread
        return _step(here, part, None)
    made = os.open(part, _FOLDER, dir_fd=here)
    os.fchown(made, *owner)
    os.fchmod(made, FOLDER_MODE)
    return made


def create(name: str, folder: int) -> int:
    """Create a file in an open directory in place of an old one; return its descriptor."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(name, flags, 0o644, dir_fd=folder)


def _odd(path: str, expected: str, found: str) -> OddFileError:
    return OddFileError(errno.EINVAL, f"expected {expected}, found {found}. Remove it", path)
