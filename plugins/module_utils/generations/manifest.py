"""Read units, links and accounts of a generation from its manifest.

No list in code says what runs, so that a host can go back to a generation that another version of
holdfast made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ansible_collections.holdfast.registry.plugins.module_utils.system import paths
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import (
        Manifest,
        Units,
    )

T = TypeVar("T")
FORMAT = 2
"""Newest format that this code reads; see holdfast.deploying.desired."""
STATES = "states"
"""Folder of a generation with `NAME/PATH`: files that differ in a state, see in_state."""
READ_ONLY = "read-only"
"""State in which pulls are served, pushes and deletes are refused (405)."""
_FIRST_STARTED = (
    *(paths.CACHE, paths.PORTS, paths.PROXY, paths.TIMER),
    *("holdfast-storage.timer", paths.FIREWALL, paths.DATA),
)
_FIRST_ACTIVE = (
    *(paths.PORTS, paths.PROXY, paths.TARGET, paths.TIMER),
    *(paths.CACHE, "holdfast-storage.timer"),
)
_FIRST_OTHERS = (
    paths.MAINTENANCE,
    paths.FETCH,
    "holdfast-storage.service",
    "holdfast.target.wants",
)
_FIRST_LINKS = {
    "/etc/sysusers.d/holdfast.conf": "systemd/sysusers.conf",
    "/etc/tmpfiles.d/holdfast.conf": "systemd/tmpfiles.conf",
    "/etc/logrotate.d/holdfast": "logrotate/holdfast",
}
"""Units of format 1, which did not name them: those whose files a generation has."""


def refuse_newer(manifest: Manifest, running: str) -> None:
    """Raise StepError if a newer holdfast made the generation; `running` is our version."""
    if manifest.get("format", 1) > FORMAT:
        made = manifest.get("holdfast", "unknown")
        raise StepError(
            f"generation {manifest.get('number')}: expected one that holdfast {running} can read,"
            f" found one of holdfast {made}. Run: pip install --upgrade holdfast"
        )


def in_state(
    name: str, contents: dict[str, str], manifest: Manifest
) -> tuple[dict[str, str], Manifest]:
    """Return contents (text by path) and manifest of a generation as it is in a state.

    The controller rendered them; see holdfast.deploying.states. Raises StepError for a generation
    that does not know the state.
    """
    if name not in manifest.get("states", {}):
        raise StepError(
            f"generation {manifest.get('number')}: expected the files of its state {name}, found"
            " none: an older holdfast made it. Let registry_storage_* name the storage that serves"
            " now, deploy, then set them again and repeat this"
        )
    prefix = f"{STATES}/{name}/"

    def entered(by_path: dict[str, T]) -> dict[str, T]:
        own = {path: one for path, one in by_path.items() if not path.startswith(f"{STATES}/")}
        other = {path: one for path, one in by_path.items() if path.startswith(prefix)}
        return {**own, **{path.removeprefix(prefix): one for path, one in other.items()}}

    return entered(contents), {
        **manifest,
        "identity": f"{manifest['identity']} {name}",
        "files": entered(manifest["files"]),
        "expect": manifest["states"][name],
        "states": {},
    }


def linked(manifest: Manifest) -> dict[str, str]:
    """Return the target in the generation by path of each link in the system's directories."""
    if units := _units(manifest):
        return units["linked"]
    names = {*_FIRST_STARTED, *_FIRST_ACTIVE, *_FIRST_OTHERS}
    return {**{f"{paths.SYSTEM}/{name}": f"systemd/{name}" for name in names}, **_FIRST_LINKS}


def started(manifest: Manifest) -> list[str]:
    """Return the units that start at boot, without the instances of services."""
    units = _units(manifest)
    return list(units["started"]) if units else _present(manifest, _FIRST_STARTED)


def active(manifest: Manifest) -> list[str]:
    """Return the units that are active while the generation serves, without its services."""
    units = _units(manifest)
    return list(units["active"]) if units else _present(manifest, _FIRST_ACTIVE)


def restarted(manifest: Manifest) -> dict[str, list[str]]:
    """Return the files and folders by unit that is restarted when one of them changes."""
    units = _units(manifest)
    return dict(units.get("restarted", {})) if units else {}


def jobs(manifest: Manifest) -> list[str]:
    """Return the names of the jobs of a generation."""
    units = _units(manifest)
    return list(units.get("jobs", ())) if units else []


def accounts(manifest: Manifest) -> list[str]:
    """Return the users that the generation needs."""
    first = ["holdfast-registry", "holdfast-proxy"]
    return list(manifest.get("expect", {}).get("accounts", first))


def _units(manifest: Manifest) -> Units | None:
    return manifest.get("expect", {}).get("units")


def _present(manifest: Manifest, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if f"systemd/{name}" in manifest.get("files", {})]
