"""Manage the cache of images, hosts, keys and binaries, and the locks on it."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache() -> Path:
    """Return the folder: $HOLDFAST_CACHE, or .cache/testhosts, which git ignores."""
    base = os.environ.get("HOLDFAST_CACHE")
    folder = Path(base) if base else Path(__file__).parents[1] / ".cache" / "testhosts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def identity() -> str:
    """Return eight characters that identify this cache on the machine."""
    return hashlib.sha256(str(cache()).encode()).hexdigest()[:8]


@contextmanager
def locked(thing: str) -> Iterator[None]:
    """Hold the lock of a resource: hosts, namespace, or the name of a binary."""
    with (cache() / f".{thing}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
