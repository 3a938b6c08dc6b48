"""What processes have used, read from /proc, and whether they are ready."""

from __future__ import annotations

import os
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    Client,
    RegistryError,
)


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


def memory(pid: int, which: str) -> float:
    """Return the MiB of a process: `VmRSS` now, `VmHWM` at the most; 0 when it has ended."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{which}:"):
            return int(line.split()[1]) / 1024
    return 0


def answers(client: Client) -> bool:
    """Tell whether a registry is ready for requests."""
    try:
        return client.check() == 200
    except (OSError, RegistryError):
        return False
