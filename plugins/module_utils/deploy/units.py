"""Start, restart and stop the units of a generation that outlive generations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.generations import (
    manifest as manifests,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import paths, systemd

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import (
        Manifest,
    )


def apply(manifest: Manifest, changed: set[str]) -> None:
    """Open the sockets of a generation, and restart the running units that it changed.

    The proxy has its own way, and comes later: it needs these sockets. `changed` are the paths
    that differ from the generation before. What waits in a socket is answered after a restart.
    """
    sockets = [one for one in manifests.started(manifest) if one.endswith(".socket")]
    others = [one for one in sockets if one != paths.PORTS]
    if others:
        systemd.systemctl("start", *others)
    units = [unit for unit, by in manifests.restarted(manifest).items() if _any(changed, unit, by)]
    if units:
        systemd.systemctl("try-restart", *units)


def stop_left(old: Manifest, new: Manifest) -> None:
    """Stop the units of a generation that the next one does not have."""
    left = set(manifests.started(old)) - set(manifests.started(new))
    services = set(manifests.restarted(old)) - set(manifests.restarted(new))
    if left or services:
        systemd.stop(*sorted(left), *sorted(services))


def _any(changed: set[str], unit: str, by: list[str]) -> bool:
    """Return True if a changed path is the unit's file, or one of `by`, or below one of them."""
    folders = tuple(one for one in by if one.endswith("/"))
    return any(
        path == f"systemd/{unit}" or path in by or path.startswith(folders) for path in changed
    )
