"""Copy a registry's storage to another place, in repeated runs until it is complete."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.storage.backends import Backend
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
        CopyProgress,
    )

THREADS = 4
LISTING_SECONDS = 5.0
"""Time to list both places, in seconds, above which a run copies proportionally longer."""


class DamagedError(Exception):
    """The content of a blob does not have the digest in its name."""


@dataclass
class Work:
    """Names that are still to be copied, and the results."""

    left: SimpleQueue[str]
    until: float
    """Monotonic time after which no further copy begins."""
    copied: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)


def copy(start: Callable[[], Backend], end: Callable[[], Backend], seconds: float) -> CopyProgress:
    """Copy for some seconds; return copied and total files and bytes, and `done`.

    If listing both places takes longer than LISTING_SECONDS, a run copies proportionally longer.
    Otherwise the lists of many files would take more of the time than the files. A file with the
    same name and size at the target was read back when it was written. Files that only the target
    has are removed once all others are there. Raises StepError if a source file is damaged, and the
    error of a place if one fails.
    """
    source, target, begun = start(), end(), time.monotonic()
    wanted, there = dict(source.names(strict=True)), dict(target.names())
    listed = time.monotonic()
    missing = [name for name, size in wanted.items() if there.get(name) != size]
    left: SimpleQueue[str] = SimpleQueue()
    for name in missing:
        left.put(name)
    work = Work(left, listed + seconds * max(1.0, (listed - begun) / LISTING_SECONDS))
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in range(THREADS):
            pool.submit(_run, work, start, end)
    if work.errors:
        raise work.errors[0]
    if work.damaged:
        raise StepError(
            f"{len(work.damaged)} files are damaged where they are, and were not copied. Restore"
            " or delete them, and go on",
            sorted(work.damaged)[:15],
        )
    done = len(work.copied) == len(missing)
    if done:
        target.remove([name for name in there if name not in wanted])
    for place in (source, target):
        place.close()
    waiting = set(missing) - set(work.copied)
    return {
        "done": done,
        "files": len(wanted) - len(waiting),
        "all_files": len(wanted),
        "bytes": sum(wanted.values()) - sum(wanted[name] for name in waiting),
        "all_bytes": sum(wanted.values()),
    }


def _run(work: Work, start: Callable[[], Backend], end: Callable[[], Backend]) -> None:
    source, target = start(), end()
    try:
        while time.monotonic() < work.until and not work.errors:
            name = work.left.get_nowait()
            try:
                _one(name, source, target)
                work.copied.append(name)
            except DamagedError:
                work.damaged.append(name)
    except Empty:
        pass
    except Exception as error:
        work.errors.append(error)
    finally:
        source.close()
        target.close()


def _one(name: str, source: Backend, target: Backend) -> None:
    """Copy one file, and verify its SHA-256 on both sides; a blob's digest is in its name."""
    digest = digests.of_path(name) or ""
    named, sent = digests.hasher(digest), hashlib.sha256()

    def read() -> Iterator[bytes]:
        for block in source.read(name):
            sent.update(block)
            if named is not None:
                named.update(block)
            yield block
        # Raised inside of the write, which then leaves nothing.
        if named is not None and named.hexdigest() != digest.partition(":")[2]:
            raise DamagedError(name)

    if target.write(name, read()) != sent.hexdigest():
        target.remove([name])
        raise OSError(f"{name}: what was written comes back as something else")
