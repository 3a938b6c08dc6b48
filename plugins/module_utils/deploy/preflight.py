"""Collect the facts of a host for the preflight, before anything is changed."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.deploy import images
from ansible_collections.holdfast.registry.plugins.module_utils.generations import store
from ansible_collections.holdfast.registry.plugins.module_utils.hardening import survey
from ansible_collections.holdfast.registry.plugins.module_utils.registry import binary
from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    preflight as storage_preflight,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    foreign_text,
    packages,
    paths,
    systemd,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.facts import Examined
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import (
        Manifest,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        ExamineOrder,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
        Storage,
        StorageSecrets,
    )


def examine(wanted: ExamineOrder, secrets: StorageSecrets) -> Examined:
    """Return the facts that the preflight checks.

    `wanted` has storage, ports, packages, binary and writes: true if the storage may be written to.
    `secrets` are those of the storage.
    """
    kept = store.Store()
    manifest = kept.manifest(kept.current())
    serving = storage_of(manifest)
    storage = storage_preflight.examine(wanted["storage"], serving, secrets, wanted["writes"])
    return {
        "storage": storage,
        "images": images.look(wanted, manifest, secrets, reached=not storage["problems"]),
        "ports_taken": ports_taken(wanted["ports"]),
        "ipv6": os.path.exists("/proc/net/if_inet6"),
        "packages_missing": packages.missing(wanted["packages"]),
        "package_versions": packages.versions(wanted["packages"]),
        "binary_damage": binary.damage(wanted["binary"]),
        "surveyed": survey.survey(wanted["hardening"]) if wanted["hardening"] else None,
        "contents": _contents(wanted["contents_of"]),
    }


def storage_of(manifest: Manifest) -> Storage | None:
    """Return the facts of a generation's storage; empty when there is no generation."""
    return manifest.get("expect", {}).get("storage")


def _contents(paths: list[str]) -> dict[str, str]:
    """Return texts of the current generation's files for a diff, without files of secrets."""
    kept = store.Store()
    number = kept.current() or 0
    known = kept.manifest(number).get("files", {})
    found = {}
    for path in paths:
        if path in known and not known[path]["sensitive"]:
            found[path] = foreign_text.read(kept.path(number, path))
    return found


def ports_taken(ports: list[int]) -> dict[str, str]:
    """Return the process by TCP port that is in use, except our own proxy's."""
    if systemd.states(paths.PORTS).get(paths.PORTS) == "active":
        kept = store.Store()
        ours = {*kept.manifest(kept.current()).get("expect", {}).get("ports", [])}
        # By systemd's own word, too: a generation that is damaged does not know its ports.
        said = systemd.run(["systemctl", "show", paths.PORTS, "--property", "Listen"]).stdout
        ours |= {int(port) for port in re.findall(r":(\d+) \(Stream\)", said)}
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
