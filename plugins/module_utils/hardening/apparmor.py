"""Check, load and remove the registry's AppArmor profile."""

from __future__ import annotations

import os

from ansible_collections.holdfast.registry.plugins.module_utils.generations import store
from ansible_collections.holdfast.registry.plugins.module_utils.hardening import sysctl
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    foreign_text,
    paths,
    systemd,
)

PARSER = "/usr/sbin/apparmor_parser"
PLACE = "/etc/apparmor.d/holdfast-registry"
"""Path that AppArmor loads at boot."""
_LOADED = "/sys/kernel/security/apparmor/profiles"
_PREFIX = "holdfast-registry-"


def obstacle() -> str:
    """Return the reason why this host cannot confine the registry; empty if it can."""
    if sysctl.container():
        return sysctl.shared()
    try:
        with open("/sys/module/apparmor/parameters/enabled", encoding="ascii") as stream:
            enabled = stream.read().strip() == "Y"
    except OSError:
        enabled = False
    if not enabled:
        return "AppArmor is off in this kernel"
    return "" if os.access(PARSER, os.X_OK) else "apparmor is not installed"


def check(root: str) -> None:
    """Compile a generation's profile without loading it. Raises StepError if it is refused."""
    argv = [PARSER, "--skip-kernel-load", "--skip-cache", f"{root}/hardening/apparmor"]
    systemd.run_checked(argv, "check the AppArmor profile")


def load(root: str | None) -> None:
    """Load a generation's profile beside earlier ones; None removes all of ours."""
    if root:
        argv = [PARSER, "--replace", "--skip-cache", f"{root}/hardening/apparmor"]
        systemd.run_checked(argv, "load the AppArmor profile")
        return
    for name in _loaded():
        # Removed by its name alone: the file that it came from can be gone.
        systemd.run_checked(
            [PARSER, "--remove"], "remove the AppArmor profile", f"profile {name} {{}}\n"
        )


def inactive(root: str) -> list[str]:
    """Return a problem if the registry does not run under its generation's profile."""
    number = int(os.path.basename(os.path.realpath(root)))
    unit = paths.unit(store.Store().instances(number).get(paths.REGISTRY, number))
    pid = systemd.show(unit, "MainPID").get("MainPID", "0")
    if pid == "0":
        return []  # other checks report that it does not run
    try:
        label = foreign_text.read(f"/proc/{pid}/attr/current").strip().strip("\0")
    except OSError:
        return []
    wanted = f"{_profile(root)} (enforce)"
    return [] if label == wanted else [f"{unit} runs as {label} in AppArmor, not as {wanted}"]


def _profile(root: str) -> str:
    with open(f"{root}/hardening/apparmor", encoding="utf-8") as stream:
        return next(line.split()[1] for line in stream if line.startswith("profile "))


def _loaded() -> list[str]:
    try:
        found = [line.split(" ")[0] for line in foreign_text.read(_LOADED).split("\n")]
    except OSError:
        return []
    return [name for name in found if name.startswith(_PREFIX)]
