"""All that a registry stores from one place to another: again and again, until it is there."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.places import Place
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError

THREADS = 4
LISTING_SECONDS = 5.0
"""Where it takes longer to see what is there, more is copied before it is looked at again."""
_BLOB = re.compile(r".*/blobs/sha256/[0-9a-f]{2}/([0-9a-f]{64})/data")


class DamagedError(Exception):
    """What was read is not what its name says."""


@dataclass
class Work:
    """What is still to be copied, and what became of it."""

    left: SimpleQueue[str]
    until: float
    """When, by the monotonic clock, no further one is begun."""
    copied: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)


def copy(start: Callable[[], Place], end: Callable[[], Place], seconds: float) -> dict[str, Any]:
    """Copy for some seconds; return files and bytes that are there, of how many, and `done`.

    In proportion longer where a list of both places takes longer than LISTING_SECONDS: as often as
    that, the lists of many files would take more of the time than the files.
    What has the same name and size at the end was read back when it was written. What is at the
    end alone is removed once all else is there. Raises StepError when something at the start is
    damaged, and the error of a place when one fails.
    """
    source, target, begun = start(), end(), time.monotonic()
    wanted, there = dict(source.names()), dict(target.names())
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


def _run(work: Work, start: Callable[[], Place], end: Callable[[], Place]) -> None:
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


def _one(name: str, source: Place, target: Place) -> None:
    """Copy one; its SHA-256 is right on both sides: a blob's is its name."""
    blob = _BLOB.fullmatch(name)
    digest = hashlib.sha256()

    def read() -> Iterator[bytes]:
        for block in source.read(name):
            digest.update(block)
            yield block
        # Raised inside of the write, which then leaves nothing.
        if blob and digest.hexdigest() != blob[1]:
            raise DamagedError(name)

    if target.write(name, read()) != digest.hexdigest():
        target.remove([name])
        raise OSError(f"{name}: what was written comes back as something else")
