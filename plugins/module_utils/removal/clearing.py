"""Remove directories of ours, except for what in them is to stay."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import suppress

from ansible_collections.holdfast.registry.plugins.module_utils.gate import below
from ansible_collections.holdfast.registry.plugins.module_utils.system import files

IMAGES = ("docker", "holdfast-trash", "scheduler-state.json")
"""Entries that registry, mirror and clean-up make in a directory of images."""
BACKUPS = ("data", "index", "locks", "snapshots", "keys", "config")
"""Entries that restic makes in a repository; without the last one it is none."""
MIRRORS = "/srv/registry-mirrors"
"""Directory above those of mirrors, which is made with the first one."""


def rest(path: str, kept: Collection[str]) -> bool:
    """Return True if a path, or something below it, is there and not to be kept."""
    if path in kept or not os.path.lexists(path):
        return False
    return not _holds(path, kept) or any(rest(one, kept) for one in _entries(path))


def clear(path: str, kept: Collection[str]) -> None:
    """Remove a path, without what is kept. A mount point stays, for its disk is not ours.

    Raises ValueError for `/` and for what is in it, also if a disk is mounted there.
    """
    if files.removable(path) in kept or not os.path.lexists(path):
        return
    if _holds(path, kept) or os.path.ismount(path):
        for one in _entries(path):
            clear(one, kept)
    else:
        files.remove(path)


def empty(folder: str, names: Collection[str]) -> None:
    """Remove what we made in a directory that can have more.

    The directory goes, too, if nothing is left in it and no disk is mounted there.
    """
    if not os.path.isdir(folder):
        return
    for name in names:
        files.remove(below.real_below(folder, name))
    if not os.listdir(folder):
        with suppress(OSError):  # a mount point, or a link to a directory
            os.rmdir(files.removable(folder))


def close(folder: str) -> None:
    """Close a directory that stays to all but root: the numbers of its owners are free now."""
    if os.path.isdir(folder) and not os.path.islink(folder):
        os.chown(folder, 0, 0)
        os.chmod(folder, 0o700)


def _holds(path: str, kept: Collection[str]) -> bool:
    return any(one.startswith(f"{path}/") for one in kept) and not os.path.islink(path)


def _entries(path: str) -> Iterator[str]:
    if os.path.isdir(path) and not os.path.islink(path):
        for name in sorted(os.listdir(path)):
            yield os.path.join(path, name)
