"""Prove files by their digest: from the disk, at a bounded rate, without a trace in the cache."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    digests,
    foreign_files,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.scrub import BlobSeen

BLOCK = 1 << 20
SMALLEST = 64 << 10
"""Bytes for which a smaller file counts: a disk needs as long to find it."""


class Pace:
    """A bound for the bytes of a second."""

    def __init__(
        self,
        rate: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate, self._clock, self._sleep = rate, clock, sleep
        self._free = clock()

    def spend(self, size: int) -> None:
        """Wait until so many bytes fit."""
        now = self._clock()
        self._free = max(self._free, now) + size / self._rate
        self._sleep(max(self._free - now, 0.0))


class Proof(NamedTuple):
    """Result of reading a file."""

    good: bool
    """True if it has the content of its digest."""
    seen: BlobSeen


def prove(path: str, digest: str, pace: Pace) -> Proof:
    """Return if a file has the content of its digest. One that its disk cannot read has not.

    Raises OSError for other errors, such as of a server that does not answer, and OddFileError for
    what is no file.
    """
    with foreign_files.opened(path) as stream:
        descriptor = stream.fileno()
        begin = _seen(os.fstat(descriptor))
        try:
            found = _hashed(descriptor, digest, pace)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return Proof(False, begin)
        return Proof(found == digest.partition(":")[2], begin)


def _hashed(descriptor: int, digest: str, pace: Pace) -> str:
    hasher, offset = digests.hasher(digest), 0
    # A good copy in memory would hide a bad one on the disk.
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)
    while block := os.read(descriptor, BLOCK):
        hasher.update(block)
        os.posix_fadvise(descriptor, offset, len(block), os.POSIX_FADV_DONTNEED)
        offset += len(block)
        pace.spend(len(block))
    pace.spend(max(SMALLEST - offset, 0))
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    return str(hasher.hexdigest())


def _seen(status: os.stat_result) -> BlobSeen:
    return {"inode": status.st_ino, "size": status.st_size, "changed": status.st_mtime_ns}
