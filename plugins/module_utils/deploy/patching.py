"""Install updates of the operating system, and restart what needs it without a failed request."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy, stale
from ansible_collections.holdfast.registry.plugins.module_utils.generations import (
    manifest as manifests,
)
from ansible_collections.holdfast.registry.plugins.module_utils.generations.store import Store
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    apt,
    nginx,
    packages,
    paths,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import (
    Log,
    StepError,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.patch import (
        Patched,
        Pending,
        Updates,
        Waiting,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.probe import (
        ClientProbe,
    )

PAUSE_SECONDS = 2
"""Time from the answer of `reboot` to the reboot."""


def look() -> Updates:
    """Fetch the lists of packages; return what is pending. Raises StepError."""
    _refuse_incomplete()
    apt.refresh()
    return {"pending": apt.pending(), "reboot": stale.reboots()}


def waiting() -> Waiting | None:
    """Return what is pending by the lists that the host has; None if apt cannot tell."""
    try:
        return {"pending": apt.pending(), "listed": apt.listed(), "reboot": stale.reboots()}
    except (StepError, OSError, subprocess.SubprocessError):
        return None


def patch(probe: ClientProbe, by: str, log: Log) -> Patched:
    """Install what is pending, security first, and restart what needs it. Raises StepError."""
    store = Store()
    number = store.current()
    if number is None:
        raise StepError("patch: expected a registry that serves, found none. Run: holdfast deploy")
    _refuse_incomplete()
    modules = [one for one in store.manifest(number)["expect"]["packages"] if "python3-" in one]
    before = packages.versions(modules) if modules else {}
    found = _installed(log)
    changed = bool(modules) and packages.versions(modules) != before
    restarted = _restart(store, number, changed, probe, by, log)
    left = [one for one in stale.units() if not one.startswith("holdfast")]
    return {
        "installed": found,
        "restarted": restarted,
        "left": left,
        "reboot": stale.reboots(),
    }


def _refuse_incomplete() -> None:
    if cut := apt.incomplete():
        names = ", ".join(cut[:5])
        raise StepError(
            f"dpkg: expected complete packages, got {names} half installed."
            " Run on the host: dpkg --configure -a"
        )


def _installed(log: Log) -> list[Pending]:
    """Install the updates, those of security before the others; return them."""
    found = apt.pending()
    urgent = [one["package"] for one in found if one["security"]]
    if urgent:
        apt.upgrade(urgent)
        log.add("patch", "changed", f"{len(urgent)} security updates installed")
    others = apt.pending()
    if others:
        apt.upgrade([])
        log.add("patch", "changed", f"{len(others)} other updates installed")
    return found


def _restart(  # noqa: PLR0913, PLR0917 -- each is a fact of its own
    store: Store, number: int, changed: bool, probe: ClientProbe, by: str, log: Log
) -> list[str]:
    """Restart units of ours that use replaced files; return them.

    `changed` is true if modules of Python were replaced, which no process shows. A job that runs
    ends by itself, and so does a service that drains.
    """
    lasting = {*manifests.restarted(store.manifest(number)), paths.CACHE}
    found = stale.units()
    running = paths.running(systemd.states(paths.SERVICES))
    services = [one for one in found if one in running]
    others = [one for one in found if one in lasting]
    proxy = [one for one in found if one == paths.PROXY]
    if others:  # their sockets stay open meanwhile: what waits there is answered
        systemd.systemctl("try-restart", *others)
        log.add("patch", "changed", f"restarted: {', '.join(others)}")
    if proxy:
        nginx.test(store.path(number))  # the new program, before the old one ends
        systemd.systemctl("restart", paths.PROXY)
        log.add("patch", "changed", f"restarted: {paths.PROXY}")
    if services or changed:
        deploy.restart(probe, by, log)
        services = services or list(running)
    elif others or proxy:
        deploy.smoke(probe, log)
    return [*others, *proxy, *services]


def reboot(log: Log) -> None:
    """Reboot the host soon, after the answer has left."""
    argv = ["systemd-run", "--quiet", f"--on-active={PAUSE_SECONDS}", "systemctl", "reboot"]
    systemd.run_checked(argv, "reboot")
    log.add("reboot", "changed", "the host ends all that it does, and boots")
