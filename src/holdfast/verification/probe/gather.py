"""Gather all facts about the host that a run needs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.system.os_release import os_release

from holdfast.verification.probe.files import account, entry, fingerprint, members, pairs, walk
from holdfast.verification.probe.hardening import hardened
from holdfast.verification.probe.logs import htpasswd, journal, tail
from holdfast.verification.probe.packages import changed, sources, updates
from holdfast.verification.probe.processes import addresses, families, identity, listeners
from holdfast.verification.probe.reading import link, output, read
from holdfast.verification.probe.store import checksums, disk_space, survey
from holdfast.verification.probe.systemd import exposure, main_pids, units

ETC = "/etc/holdfast"
CERTIFICATES = f"{ETC}/tls/current"

EXTRAS: dict[str, Callable[[dict[str, Any], dict[str, Any]], Any]] = {
    "exposure": lambda _, known: {name: exposure(name) for name in known["processes"]},
    "journal": lambda wanted, _: journal(wanted["journal"]),
    "packages": lambda wanted, _: changed(wanted["packages"]),
    "updates": lambda *_: updates(),
    "store": lambda wanted, _: survey(**wanted["store"]) if wanted["store"] else {},
    "checksums": lambda wanted, _: (
        checksums(wanted["store"]["directory"]) if wanted["store"] else {}
    ),
    "hardened": lambda wanted, _: hardened(wanted["hardening"]),
}
"""Slow facts, gathered only for the controls that name them.

Arguments: the request (`host_facts.facts_request`) and the quick facts (`gather`'s answer).
"""


def gather(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the facts that a request names; see `host_facts.facts_request`."""
    shown = units(wanted["units"], wanted["properties"])
    paths = [path for tree in wanted["trees"] for path in walk(tree)]
    known: dict[str, Any] = {
        "time": time.time(),
        "current": link(f"{ETC}/current"),
        "units": {unit["Id"]: unit for unit in shown},
        "processes": families(main_pids, [unit["Id"] for unit in shown]),
        "init_network": link("/proc/1/ns/net"),
        "ports": sorted({port for port, _ in listeners("1", link("/proc/1/ns/net"))}),
        "addresses": addresses("/proc/1/net"),
        "files": {path: entry(path) for path in (*paths, *wanted["paths"])},
        "outputs": {
            name: output(*argv).strip() for name, argv in wanted["commands"].items() if argv
        },
        "note_files": {path: read(path) for path in wanted["note_files"]},
        "system": os_release(),
        "certificate": fingerprint(f"{CERTIFICATES}/certificate.pem"),
        "pairs": pairs(CERTIFICATES),
        "accounts": {name: account(name) for name in wanted["accounts"]},
        "members": {name: members(name) for name in wanted["groups"]},
        "programs": {path: identity(path) for path in wanted["programs"]},
        "logs": {path: tail(path) for path in wanted["logs"]},
        "logins": htpasswd(f"{ETC}/current/{wanted['htpasswd']}"),
        "disk_space": disk_space(wanted["disk_space"]),
        "sources": sources(),
        "secret_characters": len((read(f"{ETC}/secrets/http.env") or "").strip().partition("=")[2]),
    }
    return {**known, "extra": {name: EXTRAS[name](wanted, known) for name in wanted["extras"]}}
