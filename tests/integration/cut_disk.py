"""A disk after a power cut: changes below a directory are noted, and what can be left is built.

An entry counts as written after a sync of its directory, and any other change may be there or not.
A rename is never found with neither of its names, as journals of file systems have it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest

Tree = dict[str, bytes | None]
"""Content by path; None for a directory."""


class Change(NamedTuple):
    """A rename, a removal (no new path) or a new directory (no old path)."""

    old: str
    new: str


class Cut(NamedTuple):
    """A moment of a power cut."""

    first: Tree
    changes: list[Change]
    durable: set[int]
    """Halves of changes that are written for good: 2n is the new name of the change n, 2n+1 the
    old one."""
    acknowledged: dict[str, set[str]]


@dataclass
class Disk:
    """A store whose changes are noted."""

    top: Path
    changes: list[Change] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    first: Tree = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    """New files, by the path at which they are made."""
    acknowledged: dict[str, set[str]] = field(default_factory=dict)
    """Places that each image needs, by its name."""
    _durable: set[int] = field(default_factory=set)

    def begin(self) -> None:
        """Take what is there as written."""
        self.first, self.changes, self._durable = tree(self.top), [], set()

    def note(self, old: str, new: str) -> None:
        """Note a change, after which the power can be cut."""
        self.changes.append(Change(old, new))
        self.cut()

    def sync(self, folder: str) -> None:
        """Note that the entries of a directory are written."""
        for number, change in enumerate(self.changes):
            for half, path in enumerate((change.new, change.old)):
                if path and str(Path(path).parent) == folder:
                    self._durable.add(2 * number + half)
        self.cut()

    def cut(self) -> None:
        """Keep the moment as one of a power cut."""
        known = {name: set(needs) for name, needs in self.acknowledged.items()}
        self.cuts.append(Cut(self.first, list(self.changes), set(self._durable), known))


def tree(top: Path) -> Tree:
    """Return all that is below a directory."""
    return {
        str(path.relative_to(top)): None if path.is_dir() else path.read_bytes()
        for path in sorted(top.rglob("*"))
    }


def after(cut: Cut, contents: Mapping[str, bytes], kept: Callable[[int], bool]) -> Tree:
    """Return the tree after a cut; `kept` chooses halves of changes that were written."""
    found = dict(cut.first)
    for number, (old, new) in enumerate(cut.changes):
        has_new, has_old = kept(2 * number), kept(2 * number + 1)
        moved = {path: found[path] for path in found if old and f"{path}/".startswith(f"{old}/")}
        if new and not old and has_new:
            found.setdefault(new, contents.get(new))
        if old and new and (has_new or has_old):  # a rename: one name at least
            found |= {new + path[len(old) :]: content for path, content in moved.items()}
        if old and has_old:
            for path in moved:
                found.pop(path, None)
    return {path: found[path] for path in found if reachable(found, path)}


def reachable(found: Mapping[str, bytes | None], path: str) -> bool:
    """Return True if all folders of a path are there."""
    return all(found.get(str(one), b"") is None for one in list(Path(path).parents)[:-1])


def states(disk: Disk, most: int) -> Iterator[tuple[Tree, dict[str, set[str]]]]:
    """Yield what can be found after a cut at each moment: `most` choices for each, if many."""
    dice = random.Random(1)
    for cut in disk.cuts:
        named = [(2 * n, new) for n, (_, new) in enumerate(cut.changes)]
        named += [(2 * n + 1, old) for n, (old, _) in enumerate(cut.changes)]
        free = [half for half, path in named if path and half not in cut.durable]
        for chosen in chosen_of(free, most, dice):
            yield after(cut, disk.contents, (cut.durable | chosen).__contains__), cut.acknowledged


def chosen_of(free: list[int], most: int, dice: random.Random) -> Iterator[set[int]]:
    """Yield all choices of some numbers, or none, all and some others if there are many."""
    if 2 ** len(free) <= most:
        for mask in product((False, True), repeat=len(free)):
            yield {one for one, yes in zip(free, mask, strict=True) if yes}
        return
    yield set()
    yield set(free)
    for _ in range(most - 2):
        yield {one for one in free if dice.random() < 0.5}


@contextmanager
def noted(disk: Disk, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Note each change below the disk while the block runs."""
    top = f"{disk.top}/"
    rename, unlink, mkdir, fsync = os.rename, os.unlink, os.mkdir, os.fsync

    def inside(path: Any) -> str:
        text = str(path)
        assert text.startswith(top), text
        return text[len(top) :]

    def renamed(old: Any, new: Any) -> None:
        rename(old, new)
        disk.note(inside(old), inside(new))

    def removed(path: Any) -> None:
        unlink(path)
        disk.note(inside(path), "")

    def made(path: Any, mode: int = 0o777) -> None:
        mkdir(path, mode)
        disk.note("", inside(path))

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_dir():
            disk.sync(inside(path))
        else:  # a new file, whose content is written, and whose name is not yet
            disk.contents[inside(path)] = path.read_bytes()
            disk.note("", inside(path))

    with patch.context() as inner:
        for name, one in (("rename", renamed), ("unlink", removed), ("mkdir", made)):
            inner.setattr(os, name, one)
        inner.setattr(os, "fsync", synced)
        yield
