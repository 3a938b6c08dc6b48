"""Room for images: bytes and inodes of their file system, as figures and as a warning.

Also run by itself, by a timer of the host: `python3 -m ...room GENERATION`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import files

FILE = "holdfast-storage.prom"
HELP = {
    "size_bytes": "Size of the file system that images are on.",
    "free_bytes": "Bytes of it that the registry can still use.",
    "inodes": "Inodes of it; 0 where they are made as they are needed.",
    "free_inodes": "Inodes of it that are free.",
    "below_guard": "1 when less is free than registry_storage_minimum_free_percent.",
}


def looked_at(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures for facts or a plan of storage, and `scarce`, see there."""
    figures = room(kept["directory"])
    # A generation of an earlier holdfast knows the directory alone.
    return {**figures, "scarce": list(scarce(figures, kept.get("minimum_free_percent", 0)))}


def room(directory: str) -> dict[str, Any]:
    """Return figures of the file system that a directory is or will be on."""
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


def scarce(figures: Mapping[str, Any], percent: int) -> Iterator[str]:
    """Yield what less is free of than so many percent: `expected, found`."""
    for key, what in (("free_percent", ""), ("free_inodes_percent", " of the inodes")):
        if figures[key] < percent:
            yield f"expected {percent} %{what} free, found {figures[key]} %"


def main(generation: str) -> int:
    """Write the figures for Prometheus; 1 when there is too little room."""
    with open(os.path.join(generation, "agent", "plan.json"), encoding="utf-8") as stream:
        plan = json.load(stream)
    path, kept = os.path.join(plan["metrics"], FILE), plan["storage"]
    if not kept:
        files.remove(path)
        return 0
    figures = looked_at(kept)
    low = bool(figures["scarce"])
    lines = _lines({**figures, "below_guard": int(low)}, kept["directory"])
    files.replace(path, "".join(lines).encode(), 0o644)
    print("; ".join(f"{kept['directory']}: {one}" for one in figures["scarce"]) or "there is room")
    return int(low)


def _lines(figures: Mapping[str, Any], directory: str) -> Iterator[str]:
    for key, text in HELP.items():
        name = f"holdfast_storage_{key}"
        yield f"# HELP {name} {text}\n# TYPE {name} gauge\n"
        yield f'{name}{{directory="{directory}"}} {figures[key]}\n'


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
