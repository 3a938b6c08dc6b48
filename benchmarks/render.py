"""Measure render and check of one, many and very many hosts, and the start of Ansible."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import yaml

from benchmarks.figures import Figure, Result, Table, Way, interleaved
from benchmarks.lab import Lab

ROUNDS = 3
COUNTS = (1, 100, 1000)
START = "`ansible-inventory --list` of one host"
GOAL_MS = 6


def measure(lab: Lab) -> list[Result]:
    """Measure render and check of 1, 100 and 1000 hosts, with start and all files."""
    inventories = {number: inventory(lab.folder, number) for number in COUNTS}
    works: dict[str, Callable[[Path], float]]
    works = {"render": partial(render, lab.folder), "check": check}
    return [one for verb, work in works.items() for one in _grown(verb, work, inventories)]


def _grown(
    verb: str, work: Callable[[Path], float], inventories: Mapping[int, Path]
) -> Iterator[Result]:
    """Yield the time of a verb, and the cost of a further host."""
    program = Path(sys.executable).with_name("ansible-inventory")
    ways: dict[str, Way] = {START: partial(seconds, program, "-i", inventories[1], "--list")}
    ways |= {_name(number): partial(work, path) for number, path in inventories.items()}
    figure = Figure(f"`holdfast {verb}`", "s", START, interleaved(verb, ways, ROUNDS))
    yield figure
    rows = []
    for number in COUNTS[1:]:
        each = (figure.median(_name(number)) - figure.median(_name(1))) / (number - 1) * 1000
        whole = figure.median(_name(number)) / number * 1000
        row = [_name(number), f"{each:.1f} ms", f"{whole:.1f} ms"]
        rows.append([*row, f"<= {GOAL_MS} ms" if verb == "render" else ""])
    columns = [f"{verb}: a host more", "costs", "start included", "goal"]
    yield Table(f"{verb}: a host more", columns, rows)


def _name(number: int) -> str:
    return f"{number} host{'s' if number > 1 else ''}"


def inventory(folder: Path, number: int) -> Path:
    """Write an inventory of some hosts; return its path."""
    names = {f"r{one:04}": {"registry_hostname": f"r{one}.test"} for one in range(number)}
    common = {
        "registry_distribution_source": "package",
        "registry_auth_users": [{"name": "alice", "password_hash": "$2b$10$" + "a" * 53}],
        "registry_storage_directory": "/srv/{{ inventory_hostname }}",
    }
    path = folder / f"{number}.yml"
    path.write_text(yaml.safe_dump({"registry": {"hosts": names, "vars": common}}))
    return path


def render(folder: Path, inventory: Path, python: str = sys.executable) -> float:
    """Render all hosts with an interpreter's holdfast; return the seconds."""
    # Into a new folder, and none is removed in between: ext4 looks for inodes ten times as long
    # where many files were deleted just before.
    out = tempfile.mkdtemp(dir=folder)
    return seconds(python, "-m", "holdfast", "render", "-i", inventory, "-o", out)


def check(inventory: Path, python: str = sys.executable) -> float:
    """Check all hosts with an interpreter's holdfast; return the seconds."""
    return seconds(python, "-m", "holdfast", "check", "-i", inventory)


def seconds(*argv: str | Path) -> float:
    """Return the seconds of a program."""
    begun = time.monotonic()
    subprocess.run(argv, check=True, capture_output=True)
    return time.monotonic() - begun
