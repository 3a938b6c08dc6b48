"""Read each line of a log once: through rotation, compression, truncation and restarts.

A file is known by its inode and by its first line. So the place in it is found again when it has
been renamed or compressed, and a new file that has the inode of an old one is a new file. The file
that was rotated last is read further, too: whoever writes opens the new one a little later.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ansible_collections.holdfast.registry.plugins.module_utils.system import foreign_files

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.figures import Mark

BLOCK = 1 << 20
LONGEST = 1 << 16
"""Bytes of a first line by which a file is known; a longer one counts up to here."""


class _File(NamedTuple):
    path: str
    inode: int
    size: int
    packed: bool


class Tail:
    """Reader of a log and of the files that were rotated away."""

    def __init__(self, path: str, marks: list[Mark] | None = None) -> None:
        self._path = path
        self._started = marks is not None
        self._packed: dict[tuple[int, int], str] = {}
        self.marks: list[Mark] = [{**one} for one in marks or []]
        """Places up to which lines were yielded; the caller keeps them with what it counted."""
        self.gaps = 0
        """Times at which files went away before they were read."""

    def lines(self) -> Iterator[bytes]:
        """Yield the complete lines that were added since the last call, the oldest first.

        The first call without marks yields none: it begins at the end of the log.
        """
        found = self._files()
        known = [self._mark(one) for one in found]
        if not any(known):
            known = self._begin(found)
        reached: list[Mark] = []
        oldest = next((n for n, mark in enumerate(known) if mark), len(found))
        for one, mark in list(zip(found, known, strict=True))[oldest:]:
            own = mark or self._marked(one, 0)
            # Before the lines are yielded: a caller that stops has the place of the last one.
            self.marks = [own, *(kept for kept in self.marks if kept is not own)]
            yield from self._rest(one, own)
            if not one.packed and own not in reached:
                reached.append(own)
        self.marks = reached or self.marks

    def _begin(self, found: list[_File]) -> list[Mark | None]:
        """Return the marks of files of which none is known: the newest is read.

        A first start begins at its end, and what follows a gap at its begin.
        """
        first, self._started = not self._started, True
        self.gaps += bool(self.marks) and bool(found)
        newest = [self._marked(one, _complete(one) if first else 0) for one in found[-1:]]
        self.marks = newest or self.marks
        return [*(None for _ in found[:-1]), *newest]

    def _files(self) -> list[_File]:
        """Return the files of the log, the oldest first."""
        folder, name = os.path.split(self._path)
        pattern = re.compile(re.escape(name) + r"(?:\.(\d+)(\.gz)?)?")
        rows = []
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                match = pattern.fullmatch(entry.name)
                with contextlib.suppress(OSError):
                    if match and entry.is_file(follow_symlinks=False):
                        seen = entry.stat(follow_symlinks=False)
                        one = _File(entry.path, seen.st_ino, seen.st_size, bool(match[2]))
                        rows.append((int(match[1] or 0), one))
        return [one for _, one in sorted(rows, reverse=True)]

    def _mark(self, one: _File) -> Mark | None:
        """Return the mark of a file; None if it is not known."""
        near = [m for m in self.marks if one.packed or m["inode"] == one.inode]
        first = self._first(one) if near else ""
        for mark in near:
            # Of a file that was empty, nothing but the inode is known.
            mark["first"] = mark["first"] or (first if not one.packed else "")
            if mark["first"] == first and (one.packed or mark["offset"] <= one.size):
                return mark
        return None

    def _marked(self, one: _File, offset: int) -> Mark:
        return {"inode": one.inode, "first": self._first(one), "offset": offset}

    def _first(self, one: _File) -> str:
        """Return what the first line of a file is known by; of a packed one it never changes."""
        if not one.packed:
            return _first(one)
        key = (one.inode, one.size)
        if key not in self._packed:
            self._packed[key] = _first(one)
        return self._packed[key]

    def _rest(self, one: _File, mark: Mark) -> Iterator[bytes]:
        """Yield the complete lines after a mark, and move it behind each."""
        if not one.packed and one.size == mark["offset"]:
            return
        with contextlib.suppress(OSError, EOFError), _opened(one) as stream:
            stream.seek(mark["offset"])
            while line := stream.readline(BLOCK):
                if not line.endswith(b"\n") and len(line) < BLOCK:
                    return
                mark["offset"] += len(line)
                yield line


def _complete(one: _File) -> int:
    """Return the offset behind the last complete line of a file."""
    with contextlib.suppress(OSError, EOFError), _opened(one) as stream:
        end = stream.seek(0, os.SEEK_END)
        while end > 0:
            begin = max(end - LONGEST, 0)
            stream.seek(begin)
            position = stream.read(end - begin).rfind(b"\n")
            if position >= 0:
                return begin + position + 1
            end = begin
    return 0


def _first(one: _File) -> str:
    """Return the SHA-256 of the first line of a file; "" if it has none yet."""
    with contextlib.suppress(OSError, EOFError), _opened(one) as stream:
        line = stream.readline(LONGEST)
        if line.endswith(b"\n") or len(line) == LONGEST:
            return hashlib.sha256(line).hexdigest()
    return ""


@contextlib.contextmanager
def _opened(one: _File) -> Iterator[BinaryIO]:
    """Open a file of the log. They belong to the proxy's user, who can put anything there."""
    with foreign_files.opened(one.path) as raw:
        if not one.packed:
            # A rotation between the look and this: the next look finds both.
            if os.fstat(raw.fileno()).st_ino != one.inode:
                raise OSError("another file")
            yield raw
            return
        with gzip.GzipFile(fileobj=raw) as unpacked:
            yield unpacked  # type: ignore[misc]
