"""Measure the plan of a clean-up: against `find` over the same files, and the stock collector.

HOLDFAST_BENCH_TAGS is the largest number of tags; without it, 100 000.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from benchmarks import growth, store
from benchmarks.figures import Figure, Result, Table, interleaved, say
from benchmarks.growth import Growth
from benchmarks.lab import Lab
from benchmarks.processes import spent
from benchmarks.scale import SIZES, TAGS_EACH, folder_of
from benchmarks.seeded_registry import SeededRegistry, serving
from benchmarks.store_scan import OWN
from testhosts import binary

FIND, FIRST, AGAIN = "`find`", "`gc plan`, the first", "`gc plan`, the next"
STOCK = "`registry garbage-collect --dry-run`"
MEASURED, ROUNDS = SIZES[1:], {10_000: 9, 100_000: 3}
GOALS = {FIRST: "<= 0.7", AGAIN: "<= 0.45"}
EXPONENT = 1.05
PLAN = """
import sys
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.collect import Collection
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.marks import Memory
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
found = Collection(Directory(sys.argv[1]), 86400, 604800, Memory(sys.argv[2])).plan()
assert found["manifests"] == int(sys.argv[3]), found
"""
NOTE = """Processor time of the whole program, with its start: other programs used the machine, too.
The store is in memory, so that nothing waits for a disk. The next plan knows what each manifest
names from a file that the first one wrote."""


def measure(lab: Lab) -> list[Result]:
    """Measure stores of ten thousand tags and of a hundred thousand, and the growth."""
    samples = {size: _samples(lab, size) for size in MEASURED}
    found: list[Result] = []
    for size, one in samples.items():
        title = f"a store of {growth.grouped(size)} tags"
        note = NOTE.replace("\n", " ") if size == MEASURED[0] else ""
        walks = {way: one[way] for way in (FIND, FIRST, AGAIN)}
        stock = {way: one[way] for way in (STOCK, FIRST)}
        found += [
            Figure(f"{title}, processor time", "s", FIND, walks, GOALS, note),
            Figure(f"{title}, beside the stock collector", "s", STOCK, stock, {FIRST: "<= 0.2"}),
        ]
    return [*found, _growth(samples)] if len(samples) > 1 else found


def _samples(lab: Lab, size: int) -> dict[str, list[float]]:
    say(f"a store of {size} tags")
    with folder_of(lab, size) as root:
        made = store.make(root, size // TAGS_EACH, TAGS_EACH)
        with serving(made, root, Path(binary.obtain()["path"])) as one:
            known = lab.folder / f"known{size}"
            _plan(one, size, known)
            ways = {
                FIND: partial(spent, ["find", root]),
                FIRST: partial(_first, one, size, lab.folder / "first"),
                AGAIN: partial(_plan, one, size, known),
                STOCK: partial(spent, [one.binary, "garbage-collect", "-d", one.config], OWN),
            }
            return interleaved(f"{size} tags", ways, ROUNDS[size])


def _first(one: SeededRegistry, size: int, memory: Path) -> float:
    memory.unlink(missing_ok=True)
    return _plan(one, size, memory)


def _plan(one: SeededRegistry, size: int, memory: Path) -> float:
    """Return the processor time of a plan that finds all manifests, and no garbage."""
    argv: list[str | Path] = [sys.executable, "-c", PLAN, one.root, memory, str(size)]
    return spent(argv, {"PYTHONPATH": os.pathsep.join(sys.path)})


def _growth(samples: dict[int, dict[str, list[float]]]) -> Table:
    ways = (FIRST, AGAIN, FIND, STOCK)
    grown = {way: Growth(way, "s", {n: one[way] for n, one in samples.items()}) for way in ways}
    columns = ["growth", *(f"{growth.grouped(n)} tags" for n in samples), "exponent", "goal"]
    rows = []
    for way, one in grown.items():
        met = "met" if round(one.exponent, 2) <= EXPONENT else "**missed**"
        goal = f"<= {EXPONENT}: {met}" if way in GOALS else ""
        seconds = [f"{one.median(size):.2f} s" for size in samples]
        rows.append([way, *seconds, f"{one.exponent:.2f}", goal])
    return Table("growth", columns, rows)
