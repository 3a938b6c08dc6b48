"""Keep the time at which each blob of a store was proven, in files of a few thousand lines.

A line is added for each proof; the last one of a digest counts. So a run can be killed, and its
memory does not grow with the store.
"""

from __future__ import annotations

import contextlib
import heapq
import os
import time
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from ansible_collections.holdfast.registry.plugins.module_utils.gate.listing import blobs
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import Item
from ansible_collections.holdfast.registry.plugins.module_utils.system import files

REQUEST = "all"
"""File with the time of a request to prove everything; a run that has done so removes it."""
BOOT = "boot"
"""File with the boot of the host that was looked at last."""
LEEWAY_SECONDS = 86400.0
"""Time of a proof that is further ahead came from a wrong clock."""
MOST = 10_000
"""Blobs that are chosen at a time."""


class Blob(NamedTuple):
    """A blob, and when it was proven; the registry proved it when it was pushed."""

    proven: float
    digest: str
    size: int


class Totals:
    """Number and bytes of the blobs that were listed, and how old their proofs are."""

    def __init__(self, before: float = 0.0) -> None:
        self.blobs = self.bytes = self.overdue = 0
        self.oldest = 0.0
        self._before = before

    def counted(self, listed: Iterable[Blob]) -> Iterator[Blob]:
        """Yield blobs and count them."""
        for one in listed:
            self.blobs += 1
            self.bytes += one.size
            self.overdue += one.proven < self._before
            self.oldest = min(self.oldest or one.proven, one.proven)
            yield one


class Proofs:
    """Times of proofs in a directory."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        os.makedirs(folder, mode=0o755, exist_ok=True)

    def add(self, digest: str, when: float) -> None:
        """Note that a blob was proven."""
        with open(self._path(_shard(digest)), "a", encoding="ascii") as stream:
            stream.write(_line(digest, when))

    def listed(self, root: str) -> Iterator[Blob]:
        """Yield the blobs of a store; `root` is its directory docker/registry/v2."""
        # The listing goes folder by folder, and each has a file of times of its own.
        for shard, group in groupby(blobs(root), key=lambda one: _shard(one[1])):
            yield from self._of_shard(shard, list(group))

    def _of_shard(self, shard: str, group: list[tuple[Item, str]]) -> Iterator[Blob]:
        known, lines = self._read(shard)
        latest = time.time() + LEEWAY_SECONDS
        for item, digest in group:
            yield Blob(_valid(known.get(digest), item.time, latest), digest, item.size)
        if lines > 2 * len(group) + 16:
            kept = (_line(digest, known[digest]) for _, digest in group if digest in known)
            files.replace_own(self._path(shard), [line.encode() for line in kept])

    def requested(self) -> float:
        """Return the time of a request to prove everything; 0 if there is none."""
        try:
            with open(self._path(REQUEST), encoding="ascii") as stream:
                return float(stream.read(40))
        except (OSError, ValueError):
            return 0.0

    def request(self) -> None:
        """Request that every blob is proven, whatever was proven before."""
        files.replace_own(self._path(REQUEST), [repr(time.time()).encode()])

    def fulfilled(self, begun: float) -> None:
        """Forget a request that is older than the begin of a run."""
        if self.requested() <= begun:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path(REQUEST))

    @property
    def boot(self) -> str:
        """Boot of the host that was looked at last; "" for none."""
        try:
            with open(self._path(BOOT), encoding="ascii", errors="replace") as stream:
                return stream.read(100).strip()
        except FileNotFoundError:
            return ""

    @boot.setter
    def boot(self, name: str) -> None:
        files.replace_own(self._path(BOOT), [name.encode()])

    def _read(self, shard: str) -> tuple[dict[str, float], int]:
        """Return times by digest, and the number of lines."""
        known: dict[str, float] = {}
        lines = 0
        with (
            contextlib.suppress(FileNotFoundError),
            open(self._path(shard), encoding="ascii", errors="replace") as stream,
        ):
            for line in stream:
                lines += 1
                digest, _, when = line.partition(" ")
                with contextlib.suppress(ValueError):  # cut by a power loss
                    known[digest] = float(when)
        return known, lines

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)


def oldest(listed: Iterable[Blob], before: float, most: int = MOST) -> list[Blob]:
    """Return the blobs that were proven longest ago, and before a time; the oldest first."""
    return heapq.nsmallest(most, (one for one in listed if one.proven < before))


def _valid(proven: float | None, written: float, latest: float) -> float:
    # A time in the future came from a wrong clock, and says nothing.
    found = written if proven is None else proven
    return found if found <= latest else 0.0


def _shard(digest: str) -> str:
    algorithm, _, digits = digest.partition(":")
    return f"{algorithm}-{digits[:2]}"


def _line(digest: str, when: float) -> str:
    return f"{digest} {when:.3f}\n"
