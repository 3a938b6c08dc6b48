"""Read rights, limits and sockets of processes from the kernel."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from holdfast.verification.probe.reading import link, names, read

_KNOWN: dict[str, list[tuple[int, str]]] = {}
LAUNCHERS = (
    *("/proc/1/exe", "/usr/lib/systemd/systemd-executor", "/lib/systemd/systemd-executor"),
)
"""Programs of systemd that a new process runs, as root, until it becomes that of its unit."""
LOOKS, PAUSE_SECONDS = 15, 0.2


def families(
    main_pids: Callable[[list[str]], dict[str, int]],
    units: list[str],
    launchers: Iterable[str] = LAUNCHERS,
) -> dict[str, list[dict[str, Any]]]:
    """Return the processes of units, by the unit.

    A process that systemd is about to turn into the unit's program still has systemd's rights: it
    is looked at again. `main_pids` returns the first process of each of some units, now.
    """
    starters = {identity(path) for path in launchers} - {""}
    found: dict[str, list[dict[str, Any]]] = {}
    pending = units
    for look in range(LOOKS):
        time.sleep(PAUSE_SECONDS if look else 0)
        found |= {name: family(pid) if pid else [] for name, pid in main_pids(pending).items()}
        pending = [
            name for name in pending if any(p["program"] in starters for p in found.get(name, []))
        ]
        if not pending:
            break
    return {name: processes for name, processes in found.items() if processes}


def family(pid: int) -> list[dict[str, Any]]:
    """Return the facts of a process and its children."""
    children = (read(f"/proc/{pid}/task/{pid}/children") or "").split()
    return [facts for facts in map(process, [pid, *map(int, children)]) if facts]


def process(pid: int) -> dict[str, Any]:
    """Return rights and listening ports of a process; empty if it has ended."""
    status = read(f"/proc/{pid}/status")
    if status is None:
        return {}
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    network = link(f"/proc/{pid}/ns/net")
    held = {link(f"/proc/{pid}/fd/{fd}"): fd for fd in names(f"/proc/{pid}/fd")}
    # What systemd passes on belongs to the network of process 1.
    listening, inherited = (
        {port: held[socket] for port, inode in table if (socket := f"socket:[{inode}]") in held}
        for table in (listeners(str(pid), network), listeners("1", link("/proc/1/ns/net")))
    )
    return {
        "pid": pid,
        "uid": int(lines["Uid"].split()[1]),
        "CapEff": lines["CapEff"].strip(),
        "NoNewPrivs": lines["NoNewPrivs"].strip(),
        "Seccomp": lines["Seccomp"].strip(),
        "network": network,
        "ports": sorted(listening),
        "blocking": sorted(port for port, fd in inherited.items() if blocks(pid, fd)),
        "memory_max": bound(pid, "memory.max"),
        "tasks_max": bound(pid, "pids.max"),
        "core": limit(pid, "Max core file size"),
        "files": limit(pid, "Max open files"),
        "command": (read(f"/proc/{pid}/cmdline") or "").replace("\0", " ").strip(),
        "program": identity(f"/proc/{pid}/exe"),
        "writable": writable(pid),
        "shell": Path(f"/proc/{pid}/root/bin/sh").exists(),
    }


def blocks(pid: int, fd: str) -> bool:
    """Return True if a read of a descriptor blocks. Source: proc(5), fdinfo, flags in octal."""
    lines = (read(f"/proc/{pid}/fdinfo/{fd}") or "").splitlines()
    flags = [line.split()[1] for line in lines if line.startswith("flags:")]
    return bool(flags) and not int(flags[0], 8) & os.O_NONBLOCK


def limit(pid: int, name: str) -> str:
    """Return a soft limit of a process."""
    lines = (read(f"/proc/{pid}/limits") or "").splitlines()
    return next((line[len(name) :].split()[0] for line in lines if line.startswith(name)), "")


def identity(path: str) -> str:
    """Return device and inode of a file; empty if there is none."""
    try:
        status = Path(path).stat()
    except OSError:
        return ""
    return f"{status.st_dev}:{status.st_ino}"


def writable(pid: int) -> bool:
    """Return True if a process can write its root file system. Source: proc(5)."""
    rows = [line.split() for line in (read(f"/proc/{pid}/mountinfo") or "").splitlines()]
    # The last one that was mounted there is the one that is seen.
    roots = [row[5].split(",") for row in rows if row[4] == "/"]
    return not roots or "rw" in roots[-1]


def bound(pid: int, name: str) -> str:
    """Return a limit of the process's control group; empty if there is none."""
    group = (read(f"/proc/{pid}/cgroup") or "").rpartition("::")[2].strip()
    return (read(f"/sys/fs/cgroup{group}/{name}") or "").strip() if group else ""


def addresses(directory: str) -> list[str]:
    """Return `address:port` of listening TCP sockets, the address in network order as hex digits.

    The kernel writes an address as 32-bit numbers of its own byte order. Source: proc(5), net/tcp.
    """
    found = []
    for name in ("tcp", "tcp6"):
        rows = [line.split() for line in (read(f"{directory}/{name}") or "").splitlines()[1:]]
        for host, port in (row[1].split(":") for row in rows if row[3] == "0A"):
            words = (int(host[i : i + 8], 16) for i in range(0, len(host), 8))
            packed = b"".join(word.to_bytes(4, sys.byteorder) for word in words)
            found.append(f"{packed.hex()}:{int(port, 16)}")
    return sorted(found)


def listeners(pid: str, network: str) -> list[tuple[int, str]]:
    """Return (port, inode) of the listening TCP sockets of a process's network.

    Tables are slow to read, and equal for all processes of one network.
    """
    if network not in _KNOWN:
        _KNOWN[network] = table(pid)
    return _KNOWN[network]


def table(pid: str) -> list[tuple[int, str]]:
    """Read the listening TCP sockets. Source: proc(5), net/tcp, state 0A."""
    tables = [read(f"/proc/{pid}/net/{name}") or "" for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    return [(int(row[1].rpartition(":")[2], 16), row[9]) for row in rows if row[3] == "0A"]
