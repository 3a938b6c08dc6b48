"""Manage the demo's name in /etc/hosts, in a line that names its owner."""

from __future__ import annotations

from pathlib import Path

from testhosts.cache import identity
from testhosts.machine import as_root, run

FILE = Path("/etc/hosts")
MARK = "# holdfast demo"


def add(address: str, name: str) -> bool:
    """Add a name with an address to /etc/hosts; return whether another clone's demo had it."""
    lines = _others()
    kept = [line for line in lines if MARK not in line or name not in line.split()]
    _write([*kept, f"{address} {name}  {_mark()}"])
    return kept != lines


def remove() -> None:
    """Remove the name."""
    if _others() != FILE.read_text().splitlines():
        _write(_others())


def _mark() -> str:
    return f"{MARK} {identity()}"


def _others() -> list[str]:
    return [line for line in FILE.read_text().splitlines() if not line.endswith(_mark())]


def _write(lines: list[str]) -> None:
    # Through tee: the file can be a mount of its own, which cannot be replaced by another one.
    run(as_root(["tee", str(FILE)]), text="\n".join(lines) + "\n")
