"""Collect what hardening could cut off on a host, before anything is changed."""

from __future__ import annotations

import glob
import os
import pwd
import socket
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.generations import store
from ansible_collections.holdfast.registry.plugins.module_utils.hardening import (
    firewall,
    parts,
    sysctl,
)
from ansible_collections.holdfast.registry.plugins.module_utils.hardening import (
    services as service_hardening,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import foreign_text

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.hardening import (
        HardeningPlan,
        Listener,
        Survey,
    )

_TABLES = {"tcp": ("tcp", "tcp6"), "udp": ("udp", "udp6")}
_LISTENS = {"tcp": "0A", "udp": "07"}
_ESTABLISHED = "01"
_ADDRESSING = {68, 546}
"""Ports of DHCP clients, which the firewall accepts."""


def survey(plan: HardeningPlan) -> Survey:
    """Return facts for the preflight of the profile `host`, see holdfast.deploying.hardening."""
    return {
        "listening": list(_listening()),
        "sessions": sorted(set(_sessions(plan["ssh_port"]))),
        "dropping": _dropping(),
        "client": _client(),
        "forwards": _number("/proc/sys/net/ipv4/ip_forward") == 1,
        "container": sysctl.container(),
        "modules": _modules(),
        "keys": _keys(),
        "clock": bool(sysctl.container()) or _has_clock(),
    }


def _dropping() -> HardeningPlan | None:
    """Return the plan whose firewall drops packets already; None if none does."""
    kept = store.Store()
    plan = parts.plan_of(kept.path(kept.current() or 0))
    return plan if plan.get("drops") and "policy drop" in firewall.now() else None


def _listening() -> Iterator[Listener]:
    """Yield port, protocol and process of each socket that other machines can reach."""
    ephemeral = _number("/proc/sys/net/ipv4/ip_local_port_range") or 32768
    for protocol, tables in _TABLES.items():
        found = {}
        for row in _rows(tables):
            address, port = _endpoint(row[1])
            bound = row[3] == _LISTENS[protocol] and not address.startswith(("127.", "::1"))
            if bound and not (protocol == "udp" and (port in _ADDRESSING or port >= ephemeral)):
                found[port] = row[9]
        for port, inode in sorted(found.items()):
            yield {"port": port, "protocol": protocol, "owner": owner(inode)}


def _sessions(port: int) -> Iterator[str]:
    """Yield the address of each client with an open connection to a port."""
    for row in _rows(_TABLES["tcp"]):
        if row[3] == _ESTABLISHED and _endpoint(row[1])[1] == port:
            yield _endpoint(row[2])[0]


def _client() -> list[str]:
    """Return client address and local port of the current ssh connection; empty without ssh."""
    pid = os.getpid()
    while pid > 1:
        try:
            with open(f"/proc/{pid}/environ", "rb") as stream:
                pairs = [item.partition(b"=") for item in stream.read().split(b"\0")]
            connection = next((value for key, _, value in pairs if key == b"SSH_CONNECTION"), b"")
            if connection:
                words = connection.decode("ascii").split()
                return [words[0], words[3]]
            pid = int(foreign_text.read(f"/proc/{pid}/stat").rpartition(")")[2].split()[1])
        except OSError:
            break
    return []


def _modules() -> list[str]:
    try:
        with open("/proc/modules", encoding="ascii") as stream:
            return [line.split()[0].replace("_", "-") for line in stream]
    except OSError:
        return []


def _keys() -> bool:
    """Return True if a user who may log in has an authorised key."""
    homes = {entry.pw_dir for entry in pwd.getpwall()}
    paths = [path for home in homes for path in glob.glob(f"{home}/.ssh/authorized_keys*")]
    return any(_has_key(path) for path in paths)


def _has_key(path: str) -> bool:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return any("ssh-" in line or "ecdsa-" in line for line in stream)
    except OSError:
        return False


def _has_clock() -> bool:
    if service_hardening.running_clock():
        return True
    return any(
        os.path.exists(f"/usr/lib/systemd/system/{name}.service")
        for name in service_hardening.CLOCKS
    )


def _rows(tables: tuple[str, ...]) -> Iterator[list[str]]:
    """Yield the rows of tables in /proc/net. Source: proc(5)."""
    for name in tables:
        try:
            with open(f"/proc/net/{name}", encoding="ascii") as stream:
                next(stream)
                yield from map(str.split, stream)
        except OSError:
            continue


def _endpoint(text: str) -> tuple[str, int]:
    """Return address and port of an entry like `0100007F:0016`; mapped IPv4 as IPv4."""
    raw, _, port = text.partition(":")
    parts = [int(raw[start : start + 8], 16) for start in range(0, len(raw), 8)]
    words = struct.pack(f"={len(parts)}I", *parts)
    if len(words) == 4:
        return socket.inet_ntop(socket.AF_INET, words), int(port, 16)
    if words.startswith(b"\0" * 10 + b"\xff\xff"):
        return socket.inet_ntop(socket.AF_INET, words[12:]), int(port, 16)
    return socket.inet_ntop(socket.AF_INET6, words), int(port, 16)


def owner(inode: str) -> str:
    """Return the name of a process that holds a socket."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            handles = os.listdir(f"/proc/{pid}/fd")
            if any(os.readlink(f"/proc/{pid}/fd/{fd}") == f"socket:[{inode}]" for fd in handles):
                return foreign_text.read(f"/proc/{pid}/comm").strip()
        except OSError:
            continue  # the process has ended meanwhile
    return "an unknown process"


def _number(path: str) -> int:
    try:
        with open(path, encoding="ascii") as stream:
            return int(stream.read().split()[0])
    except (OSError, ValueError, IndexError):
        return 0
