"""The demo's name in /etc/hosts, in a line that says whose it is."""

from __future__ import annotations

from pathlib import Path

from testhosts.machine import as_root, run

FILE = Path("/etc/hosts")
MARK = "# holdfast demo"


def add(address: str, name: str) -> None:
    """Let a name resolve to an address on this machine."""
    _write([*_others(), f"{address} {name}  {MARK}"])


def remove() -> None:
    """Take the name away again."""
    if _others() != FILE.read_text().splitlines():
        _write(_others())


def _others() -> list[str]:
    return [line for line in FILE.read_text().splitlines() if not line.endswith(MARK)]


def _write(lines: list[str]) -> None:
    # Through tee: the file can be a mount of its own, which cannot be replaced by another one.
    run(as_root(["tee", str(FILE)]), text="\n".join(lines) + "\n")
