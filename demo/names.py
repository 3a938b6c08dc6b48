"""Manage the demo's name in /etc/hosts, in a line that names its owner."""

from __future__ import annotations

from pathlib import Path

from demo.steps import DemoError
from testhosts.cache import identity
from testhosts.machine import as_root, run

FILE = Path("/etc/hosts")
MARK = "# holdfast demo"


def check(name: str) -> None:
    """Raise DemoError if another demo on this machine has the name."""
    for line in FILE.read_text().splitlines():
        if MARK in line and not line.endswith(_mark()) and name in line.split():
            raise DemoError(
                f"{FILE}: expected no demo of another clone, found the line {line!r}."
                f" Run `make demo-down` there; if that clone is gone, remove the line"
            )


def add(address: str, name: str) -> None:
    """Add a name with an address to /etc/hosts."""
    _write([*_others(), f"{address} {name}  {_mark()}"])


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
