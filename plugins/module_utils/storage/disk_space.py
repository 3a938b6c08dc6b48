"""Measure the file system of the images: bytes and inodes, as metrics and as a warning.

A timer of the host also runs it as a program: `python3 -m ...disk_space GENERATION`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.system import files, metrics
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import Job, Outcome

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.certificates import (
        MaintenancePlan,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
        DiskSpace,
        Figures,
        GuardedDirectory,
    )

FILE = "holdfast-storage.prom"
SECONDS = 100.0
"""Longest run: a directory of another machine may not answer."""
HELP = {
    "size_bytes": "Size of the file system with the images.",
    "free_bytes": "Bytes that the registry can still use.",
    "inodes": "Inodes of the file system; 0 if it creates them as needed.",
    "free_inodes": "Free inodes of the file system.",
    "below_guard": "1 when less is free than registry_storage_minimum_free_percent.",
}


def measure(directory: str, percent: int) -> DiskSpace:
    """Return the figures for facts or a plan of storage, and `warnings`: its warnings."""
    figures = figures_of(directory)
    return {
        **figures,
        "warnings": list(below_threshold(figures, percent)),
    }


def figures_of(directory: str) -> Figures:
    """Return figures of the file system of a directory, which may not exist yet."""
    while not os.path.isdir(directory):
        directory = os.path.dirname(directory)
    found = os.statvfs(directory)
    free, inodes = found.f_bavail / max(found.f_blocks, 1), found.f_favail / max(found.f_files, 1)
    return {
        "size_bytes": found.f_blocks * found.f_frsize,
        "free_bytes": found.f_bavail * found.f_frsize,
        "free_percent": round(100 * free, 1),
        "inodes": found.f_files,
        "free_inodes": found.f_favail,
        # Some file systems make inodes as they need them, and count none.
        "free_inodes_percent": round(100 * inodes, 1) if found.f_files else 100.0,
    }


def below_threshold(figures: Figures, percent: int) -> Iterator[str]:
    """Yield `expected, found` for bytes and inodes with less than so many percent free."""
    shares = ((figures["free_percent"], ""), (figures["free_inodes_percent"], " of the inodes"))
    for free, what in shares:
        if free < percent:
            yield f"expected {percent} %{what} free, found {free} %"


def _measured(kept: GuardedDirectory) -> Outcome:
    figures = measure(kept["directory"], kept["minimum_free_percent"])
    low = figures["warnings"]
    values: Mapping[str, Any] = {**figures, "below_guard": int(bool(low))}
    labels = {"directory": kept["directory"]}
    return Outcome(
        figures,
        () if low else ("enough space is free",),
        tuple(f"{kept['directory']}: {one}" for one in low),
        tuple(
            metrics.Gauge(f"holdfast_storage_{key}", said, ((labels, values[key]),))
            for key, said in HELP.items()
        ),
    )


def main(generation: str) -> int:
    """Write the figures for Prometheus; return 1 if there is too little free space."""
    with open(os.path.join(generation, "agent", "plan.json"), encoding="utf-8") as stream:
        plan: MaintenancePlan = json.load(stream)
    kept = plan["storage"]
    if not kept:
        files.remove(os.path.join(plan["metrics"], FILE))
        return 0
    job = Job("storage", plan["metrics"], plan["records"])
    return job.main(lambda: _measured(kept), seconds=SECONDS, lock=None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
