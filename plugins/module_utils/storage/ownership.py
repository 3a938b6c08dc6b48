"""Check and restore who owns the images on the host's disk, and who may read them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    preflight as storage_preflight,
)

SAMPLED = ("", "docker", "docker/registry", "docker/registry/v2", "docker/registry/v2/blobs")
LISTED = ("docker/registry/v2/blobs/sha256", storage_preflight.REPOSITORIES)
SHOWN = 20
"""Entries that are looked at in each of LISTED: whoever changes owners changes all."""


def problems(directory: str, mode: str) -> list[str]:
    """Return a sentence if entries of a store have a wrong owner or rights; from a sample.

    `mode` is that of the directory: with rights for a group, the proxy
    has to read all of it.
    """
    wrong = next((path for path in _sample(directory) if _is_wrong(path, mode)), None)
    return [f"{wrong} has an owner or rights that the registry cannot use"] if wrong else []


def restore(directory: str, mode: str) -> bool:
    """Give a store back to the registry and its readers; return True if that was necessary."""
    found = problems(directory, mode)
    if found:
        storage_preflight.give(directory)
    return bool(found)


def _sample(directory: str) -> Iterator[str]:
    for path in (os.path.join(directory, name) for name in (*SAMPLED[1:], *LISTED)):
        if os.path.isdir(path):
            yield path
    for path in (os.path.join(directory, name) for name in LISTED):
        try:
            with os.scandir(path) as found:
                yield from (one.path for _, one in zip(range(SHOWN), found))  # noqa: B905
        except OSError:
            continue


def _is_wrong(path: str, mode: str) -> bool:
    try:
        return _wrong(os.lstat(path), mode)
    except FileNotFoundError:
        return False  # deleted meanwhile


def _wrong(status: os.stat_result, mode: str) -> bool:
    try:
        owner, readers = storage_preflight.owners()
    except KeyError:
        return False  # the accounts are made with the next deploy
    needed = 0o7 if stat.S_ISDIR(status.st_mode) else 0o6
    bits = stat.S_IMODE(status.st_mode)
    if status.st_uid != owner or bits >> 6 & needed != needed:
        return True
    if not int(mode, 8) & 0o070:
        return False
    # Registry 2.8 gives its group no right to write.
    reading = needed & 0o5
    return bits >> (3 if status.st_gid == readers else 0) & reading != reading
