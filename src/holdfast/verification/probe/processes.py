"""What the kernel knows of processes."""

from __future__ import annotations

from typing import Any

from holdfast.verification.probe.reading import link, names, read


def family(pid: int) -> list[dict[str, Any]]:
    """Return what the kernel says of a process and its children."""
    children = (read(f"/proc/{pid}/task/{pid}/children") or "").split()
    return [facts for facts in map(process, [pid, *map(int, children)]) if facts]


def process(pid: int) -> dict[str, Any]:
    """Return the rights and the listening ports of a process; empty: it has ended."""
    status = read(f"/proc/{pid}/status")
    if status is None:
        return {}
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    held = {link(f"/proc/{pid}/fd/{fd}") for fd in names(f"/proc/{pid}/fd")}
    listening = [
        port for port, inode in listeners(f"/proc/{pid}/net") if f"socket:[{inode}]" in held
    ]
    return {
        "pid": pid,
        "uid": int(lines["Uid"].split()[1]),
        "CapEff": lines["CapEff"].strip(),
        "NoNewPrivs": lines["NoNewPrivs"].strip(),
        "Seccomp": lines["Seccomp"].strip(),
        "network": link(f"/proc/{pid}/ns/net"),
        "ports": sorted(listening),
        "memory_max": bound(pid, "memory.max"),
    }


def bound(pid: int, name: str) -> str:
    """Return a bound that the kernel enforces; empty where it has none to enforce."""
    group = (read(f"/proc/{pid}/cgroup") or "").rpartition("::")[2].strip()
    return (read(f"/sys/fs/cgroup{group}/{name}") or "").strip() if group else ""


def listeners(directory: str) -> list[tuple[int, str]]:
    """Return (port, inode) of listening TCP sockets. Source: proc(5), net/tcp, state 0A."""
    tables = [read(f"{directory}/{name}") or "" for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    return [(int(row[1].rpartition(":")[2], 16), row[9]) for row in rows if row[3] == "0A"]
