"""Install updates of the operating system, and restart what needs it without a failed request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy, stale
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


def patch(probe: ClientProbe, by: str, log: Log) -> Patched:
    """Install what is pending, security first, and restart what needs it. Raises StepError."""
    store = Store()
    number = store.current()
    if number is None:
        raise StepError("patch: expected a registry that serves, found none. Run: holdfast deploy")
    _refuse_incomplete()
    expected = [*store.manifest(number)["expect"]["packages"], "nginx"]
    before = packages.versions(expected)
    found = _installed(log)
    after = packages.versions(expected)
    touched = {name for name in expected if before.get(name) != after.get(name)}
    restarted = _restart(store.path(number), touched, probe, by, log)
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


def _restart(root: str, touched: set[str], probe: ClientProbe, by: str, log: Log) -> list[str]:
    """Restart units of ours that use replaced files; return them."""
    ours = [one for one in stale.units() if one.startswith("holdfast") and one != apt.UNIT]
    services = [one for one in ours if one in paths.running(systemd.states(paths.SERVICES))]
    others = [one for one in ours if "@" not in one and one != paths.PROXY]
    if others:  # their sockets stay open meanwhile: what waits there is answered
        systemd.systemctl("try-restart", *others)
        log.add("patch", "changed", f"restarted: {', '.join(others)}")
    proxied = paths.PROXY in ours or any(one.startswith("nginx") for one in touched)
    if proxied:
        nginx.test(root)  # the new program, before the old one ends
        systemd.systemctl("restart", paths.PROXY)
        log.add("patch", "changed", f"restarted: {paths.PROXY}")
    if services or {one for one in touched if not one.startswith("nginx")}:
        deploy.restart(probe, by, log)
        services = services or ["the services"]
    elif ours or touched:
        deploy.smoke(probe, log)
    return [*others, *([paths.PROXY] if proxied else []), *services]


def reboot(log: Log) -> None:
    """Reboot the host soon, after the answer has left."""
    argv = ["systemd-run", "--quiet", f"--on-active={PAUSE_SECONDS}", "systemctl", "reboot"]
    systemd.run_checked(argv, "reboot")
    log.add("reboot", "changed", "the host ends all that it does, and boots")
