"""What processes have used: read from /proc."""

from __future__ import annotations

import os
from pathlib import Path


def cpu(*pids: int) -> float:
    """Return the seconds of processor time that processes and their children have used so far."""
    return sum(_own(pid) for root in pids for pid in tree(root)) / os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """Return a process and all that it started and that still run."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid, *(one for child in found for one in tree(int(child)))]


def _own(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
