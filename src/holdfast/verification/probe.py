"""What a host looks like inside. Runs on the host, as root, on its own Python (3.9 or newer).

Takes one argument, a JSON object with `units`, `trees`, `paths`, `commands` and `notes`; prints
one line of JSON. It judges nothing: what should be is known to the suite alone.
"""

from __future__ import annotations

import grp
import hashlib
import json
import os
import pwd
import re
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HASHED_BYTES = 256 << 20
CERTIFICATE = "/etc/holdfast/tls/current/certificate.pem"


def gather(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return all that the suite wants to know."""
    shown = [unit for name in wanted["units"] for unit in units(name)]
    pids = {unit["Id"]: int(unit.get("MainPID", "0")) for unit in shown}
    paths = [path for tree in wanted["trees"] for path in walk(tree)]
    return {
        "time": time.time(),
        "current": link("/etc/holdfast/current"),
        "units": {unit["Id"]: unit for unit in shown},
        "exposure": {name: exposure(name) for name, pid in pids.items() if pid},
        "processes": {name: family(pid) for name, pid in pids.items() if pid},
        "init_network": link("/proc/1/ns/net"),
        "ports": sorted({port for port, _ in listeners("/proc/1/net")}),
        "files": {path: entry(path) for path in (*paths, *wanted["paths"])},
        "said": {name: output(*argv).strip() for name, argv in wanted["commands"].items()},
        "notes": {path: read(path) for path in wanted["notes"]},
        "system": read("/etc/os-release"),
        "certificate": fingerprint(CERTIFICATE),
    }


def output(*argv: str) -> str:
    """Return what a program says; nothing when it cannot be run."""
    try:
        return subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=30,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def units(pattern: str) -> list[dict[str, str]]:
    """Return what systemd knows of the units that fit a pattern."""
    properties = (
        "Id,LoadState,ActiveState,FragmentPath,DropInPaths,NeedDaemonReload,MainPID,Wants,"
        "WantedBy,Environment,ControlGroup"
    )
    blocks = output("systemctl", "show", "--all", "--property", properties, pattern).split("\n\n")
    rows = [[line.split("=", 1) for line in block.splitlines() if "=" in line] for block in blocks]
    shown = [dict(row) for row in rows if row]
    return [{**unit, "real": os.path.realpath(unit.get("FragmentPath", ""))} for unit in shown]


def exposure(unit: str) -> str:
    """Return the score of `systemd-analyze security`, from 0.0 (best) to 10.0; empty: unknown."""
    found = re.findall(r": ([0-9.]+) ", output("systemd-analyze", "security", "--no-pager", unit))
    return found[-1] if found else ""


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
        "memory_max": memory_max(pid),
    }


def memory_max(pid: int) -> str:
    """Return the bound that the kernel enforces; empty where it has none to enforce."""
    group = (read(f"/proc/{pid}/cgroup") or "").rpartition("::")[2].strip()
    return (read(f"/sys/fs/cgroup{group}/memory.max") or "").strip() if group else ""


def listeners(directory: str) -> list[tuple[int, str]]:
    """Return (port, inode) of listening TCP sockets. Source: proc(5), net/tcp, state 0A."""
    tables = [read(f"{directory}/{name}") or "" for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    return [(int(row[1].rpartition(":")[2], 16), row[9]) for row in rows if row[3] == "0A"]


def walk(top: str) -> list[str]:
    found = [top]
    for folder, folders, files in os.walk(top):
        found += [f"{folder}/{name}" for name in (*folders, *files)]
    return found


def entry(path: str) -> dict[str, Any]:
    """Return kind, mode, owner, group and SHA-256 of what lies at a path; empty: nothing."""
    try:
        status = os.lstat(path)
    except OSError:
        return {}
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link"}
    kind = kinds.get(stat.S_IFMT(status.st_mode), "other")
    hashed = kind == "file" and status.st_size <= HASHED_BYTES and not path.endswith("key.pem")
    return {
        "kind": kind,
        "mode": stat.S_IMODE(status.st_mode),
        "owner": name_of(pwd.getpwuid, status.st_uid),
        "group": name_of(grp.getgrgid, status.st_gid),
        "sha256": sha256(path) if hashed else "",
    }


def name_of(database: Callable[[int], Any], number: int) -> str:
    try:
        return str(database(number)[0])
    except KeyError:
        return str(number)


def sha256(path: str) -> str:
    digest = hashlib.sha256()
    with Path(path).open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def fingerprint(path: str) -> str:
    """Return the SHA-256 of the first certificate in a file."""
    end = "-----END CERTIFICATE-----"
    try:
        first = (read(path) or "").partition(end)[0] + end + "\n"
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first.strip())).hexdigest()
    except ValueError:
        return ""


def read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def link(path: str) -> str:
    try:
        return str(Path(path).readlink())
    except OSError:
        return ""


def names(path: str) -> list[str]:
    try:
        return [entry.name for entry in Path(path).iterdir()]
    except OSError:
        return []


if __name__ == "__main__":
    print(json.dumps(gather(json.loads(sys.argv[1]))))
