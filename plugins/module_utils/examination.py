"""Whether a host is fit for what is wanted: looked at before anything is touched."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import (
    binaries,
    names,
    packages,
    storage,
    store,
    survey,
    systemd,
)


def examine(wanted: dict[str, Any], secrets: dict[str, str]) -> dict[str, Any]:
    """Return facts that a preflight judges.

    `wanted` has storage, ports, packages, binary and writes: whether storage may be written to.
    `secrets` are those of the storage.
    """
    kept = store.Store()
    serving = storage_of(kept.manifest(kept.current()))
    return {
        "storage": storage.examine(wanted["storage"], serving, secrets, wanted["writes"]),
        "ports_taken": ports_taken(wanted["ports"]),
        "ipv6": os.path.exists("/proc/net/if_inet6"),
        "packages_missing": packages.missing(wanted["packages"]),
        "package_versions": packages.versions(wanted["packages"]),
        "binary_damage": binaries.damage(wanted["binary"]),
        "surveyed": survey.survey(wanted["hardening"]) if wanted.get("hardening") else None,
        "contents": _contents(wanted.get("contents_of", [])),
    }


def storage_of(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of a generation's storage; empty when there is no generation."""
    expect = manifest.get("expect", {})
    # A generation of an earlier holdfast knows a directory alone.
    earlier = {"place": expect.get("directory"), "directory": expect.get("directory")}
    found: dict[str, Any] = expect.get("storage") or (earlier if earlier["place"] else {})
    return found


def _contents(paths: list[str]) -> dict[str, str]:
    """Return the texts of the current generation's files, for a diff; none that holds a secret."""
    kept = store.Store()
    number = kept.current() or 0
    known = kept.manifest(number).get("files", {})
    found = {}
    for path in paths:
        if path in known and not known[path]["sensitive"]:
            with open(kept.path(number, path), encoding="utf-8") as stream:
                found[path] = stream.read()
    return found


def ports_taken(ports: list[int]) -> dict[str, str]:
    """Return who listens on those of the TCP ports that are taken, but for our own proxy."""
    if systemd.states(names.PORTS).get(names.PORTS) == "active":
        kept = store.Store()
        ours = kept.manifest(kept.current()).get("expect", {}).get("ports", [])
        ports = [port for port in ports if port not in ours]
    listening = _listening()
    return {str(port): survey.owner(listening[port]) for port in ports if port in listening}


def _listening() -> dict[int, str]:
    """Return the socket inode by listening TCP port. Source: proc(5), net/tcp, state 0A."""
    found = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as stream:
                rows = [line.split() for line in stream][1:]
        except OSError:
            continue
        found.update({int(row[1].split(":")[1], 16): row[9] for row in rows if row[3] == "0A"})
    return found
