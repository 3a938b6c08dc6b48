"""Where images, hosts, keys and binaries are kept, and the locks that guard them."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache() -> Path:
    """Return the folder, $HOLDFAST_CACHE or .cache/testhosts; git ignores it."""
    base = os.environ.get("HOLDFAST_CACHE")
    folder = Path(base) if base else Path(__file__).parents[1] / ".cache" / "testhosts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def identity() -> str:
    """Return what tells this cache from another one on the same machine, in eight characters."""
    return hashlib.sha256(str(cache()).encode()).hexdigest()[:8]


@contextmanager
def locked(thing: str) -> Iterator[None]:
    """Let one process at a time do something: hosts, namespace, a binary's name."""
    with (cache() / f".{thing}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
