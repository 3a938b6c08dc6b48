"""Read processor time and memory of processes from /proc, and wait for registries."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    RegistryError,
)


def cpu(*pids: int) -> float:
    """Return the seconds of processor time that processes and their children have used so far."""
    return sum(_own(pid) for root in pids for pid in tree(root)) / os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """Return a process and its running descendants."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid, *(one for child in found for one in tree(int(child)))]


def spent(argv: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> float:
    """Run a program; return the seconds of processor time that it used.

    Raises CalledProcessError if it fails.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = {**os.environ, **(environment or {})}
    quiet = subprocess.DEVNULL
    subprocess.run(argv, env=own, stdout=quiet, stderr=quiet, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _own(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def memory(pid: int, which: str) -> float:
    """Return the memory of a process in MiB: `VmRSS` now, `VmHWM` the maximum; 0 if it ended."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{which}:"):
            return int(line.split()[1]) / 1024
    return 0


def answers(client: Client) -> bool:
    """Return True if a registry is ready for requests."""
    try:
        return client.check() == 200
    except (OSError, RegistryError):
        return False
