"""Measure the growth of costs with the registry's content, from a thousand tags on.

HOLDFAST_BENCH_TAGS is the largest number of tags; without it, 100 000: six minutes, 2 GiB.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import growth, store, store_scan, workload
from benchmarks.figures import Result, say
from benchmarks.growth import Growth
from benchmarks.lab import Lab
from benchmarks.processes import memory
from benchmarks.seeded_registry import SeededRegistry, serving
from testhosts import binary

LARGEST = int(os.environ.get("HOLDFAST_BENCH_TAGS", "100000"))
SIZES = tuple(size for size in (1_000, 10_000, 100_000) if size <= LARGEST)
TAGS_EACH = 10
UNTAGGED = (250, 500, 1_000)
"""Numbers of tags in one repository for the search for untagged manifests."""
MEMORY = Path("/dev/shm")
BYTES_A_TAG, INODES_A_TAG = 25_000, 20

ALIKE = """Behind the rendered proxy, over TLS and one connection, the store in memory: a disk that
has to seek is slower. Median of 3 by turns; walks, and lists of many pages, once."""


@dataclass(frozen=True)
class Operation:
    """Operation that is measured at every size."""

    what: Mapping[str, str]
    """Unit by name of each measurement."""
    run: Callable[[SeededRegistry], tuple[float, ...]]
    rounds: int = 3
    older: bool = False
    """True for registry 2.8."""


def measure(lab: Lab) -> list[Result]:
    """Measure many repositories of few tags, one of many, and the search for untagged ones."""
    title = f"Repositories of {TAGS_EACH} tags"
    note = f"{ALIKE.replace(chr(10), ' ')} Sizes count the tags of all repositories."
    many = partial(_measured, lab, lambda size: (size // TAGS_EACH, TAGS_EACH))
    one = partial(_measured, lab, lambda size: (1, size))
    return [
        growth.table(title, "tags", many(SIZES, [*_catalogs(), *_common()]), note),
        growth.table("One repository", "tags", one(SIZES, [*_tags(), *_common()])),
        growth.table("Untagged manifests", "tags of one repository", one(UNTAGGED, _untagged())),
    ]


def _measured(
    lab: Lab,
    shape: Callable[[int], tuple[int, int]],
    sizes: tuple[int, ...],
    operations: list[Operation],
) -> list[Growth]:
    with ExitStack() as stack:
        newer: dict[int, SeededRegistry] = {}
        older: dict[int, SeededRegistry] = {}
        for size in sizes:
            say(f"a store of {size} tags")
            root = stack.enter_context(folder_of(lab, size))
            made = store.make(root, *shape(size))
            newer[size] = stack.enter_context(serving(made, root, Path(binary.obtain()["path"])))
            older[size] = stack.enter_context(serving(made, root, binary.packaged(), older=True))
        return [grown for one in operations for grown in _grown(one, older if one.older else newer)]


def _grown(operation: Operation, registries: Mapping[int, SeededRegistry]) -> Iterator[Growth]:
    say(", ".join(operation.what))
    found: dict[int, list[tuple[float, ...]]] = {size: [] for size in registries}
    for _ in range(operation.rounds):
        for size, one in registries.items():
            found[size].append(operation.run(one))
    for number, (what, unit) in enumerate(operation.what.items()):
        samples = {size: [values[number] for values in found[size]] for size in found}
        yield Growth(f"{what}, 2.8" if operation.older else what, unit, samples)


def _catalogs() -> Iterator[Operation]:
    def pages(number: int, one: SeededRegistry) -> tuple[float]:
        return (workload.pages(one, f"/v2/_catalog?n={number}"),)

    yield Operation({"catalog, first page of 100": "ms"}, _one(workload.once, "/v2/_catalog"))
    for number, rounds in ((1000, 3), (100, 1)):
        yield Operation({f"catalog, all pages of {number}": "ms"}, partial(pages, number), rounds)
    yield Operation({"catalog, all pages of 1000": "ms"}, partial(pages, 1000), older=True)


def _tags() -> Iterator[Operation]:
    path = f"/v2/{store.name_of(0)}/tags/list"
    yield Operation({"tag list, whole": "ms"}, _one(workload.once, path))
    yield Operation({"tag list, first page of 100": "ms"}, _one(workload.once, f"{path}?n=100"))
    yield Operation(
        {"tag list, all pages of 1000": "ms"}, _one(workload.pages, f"{path}?n=1000"), 1
    )
    yield Operation({"tag list, whole": "ms"}, _one(workload.once, path), older=True)


def _common() -> Iterator[Operation]:
    yield Operation({"manifest by tag": "ms"}, _one(workload.manifest))
    yield Operation({"small blob": "ms"}, _one(workload.blob))
    pushed = {"push of a small image": "ms", "delete by digest": "ms"}
    yield Operation(pushed, workload.pushed)
    yield Operation(pushed, workload.pushed, older=True)
    yield Operation({"most memory of the registry": "MiB"}, _one(_most), 1)
    yield Operation({"its start": "ms", "memory after it": "MiB"}, store_scan.start)
    for older in (False, True):
        collected = {"garbage collection, dry run": "s", "its memory": "MiB"}
        yield Operation(collected, store_scan.collect, 1, older)
    yield Operation(
        {"`storage move`, a list of one end": "s", "memory of it": "MiB"}, store_scan.listed, 1
    )
    yield Operation({"`verify`, a sample of blobs": "s"}, _one(store_scan.checked), 1)
    yield Operation({"`du`": "s"}, _one(store_scan.found), 1)


def _untagged() -> list[Operation]:
    collected = {"garbage collection with `--delete-untagged`": "s"}
    return [Operation(collected, lambda one: store_scan.collect(one, "--delete-untagged")[:1], 1)]


def _one(run: Callable[..., float], *arguments: str) -> Callable[[SeededRegistry], tuple[float]]:
    return lambda one: (run(one, *arguments),)


def _most(one: SeededRegistry) -> float:
    return memory(one.preview.pids[0], "VmHWM")


@contextmanager
def folder_of(lab: Lab, tags: int) -> Iterator[Path]:
    """Yield a folder for a store, in memory if it has enough space."""
    room = os.statvfs(MEMORY) if MEMORY.is_dir() else None
    fits = room and room.f_bavail * room.f_frsize > tags * BYTES_A_TAG
    fits = fits and room and room.f_favail > tags * INODES_A_TAG
    folder = Path(tempfile.mkdtemp(prefix="holdfast-", dir=MEMORY if fits else lab.folder))
    try:
        yield folder
    finally:
        subprocess.run([shutil.which("rm") or "rm", "-rf", folder], check=True)
