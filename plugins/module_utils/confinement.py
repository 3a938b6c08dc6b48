"""The registry's AppArmor profile."""

from __future__ import annotations

import os

from ansible_collections.holdfast.registry.plugins.module_utils import kernel, names, store, systemd

PARSER = "/usr/sbin/apparmor_parser"
PLACE = "/etc/apparmor.d/holdfast-registry"
"""From there it is loaded at boot."""
_LOADED = "/sys/kernel/security/apparmor/profiles"
_PREFIX = "holdfast-registry-"


def obstacle() -> str:
    """Return why this host cannot confine the registry; empty: it can."""
    if kernel.container():
        return kernel.shared()
    try:
        with open("/sys/module/apparmor/parameters/enabled", encoding="ascii") as stream:
            enabled = stream.read().strip() == "Y"
    except OSError:
        enabled = False
    if not enabled:
        return "AppArmor is off in this kernel"
    return "" if os.access(PARSER, os.X_OK) else "apparmor is not installed"


def check(root: str) -> None:
    """Compile a generation's profile without loading it; StepError when the parser refuses it."""
    argv = [PARSER, "--skip-kernel-load", "--skip-cache", f"{root}/hardening/apparmor"]
    systemd.must(argv, "check the AppArmor profile")


def load(root: str | None) -> None:
    """Load a generation's profile beside those of earlier ones; with None, remove all of ours."""
    if root:
        argv = [PARSER, "--replace", "--skip-cache", f"{root}/hardening/apparmor"]
        systemd.must(argv, "load the AppArmor profile")
        return
    for name in _loaded():
        # Removed by its name alone: the file that it came from can be gone.
        systemd.must([PARSER, "--remove"], "remove the AppArmor profile", f"profile {name} {{}}\n")


def live(root: str) -> list[str]:
    """Return which registry of the generation is not confined as it should be."""
    number = int(os.path.basename(os.path.realpath(root)))
    unit = names.unit(store.Store().instances(number).get(names.REGISTRY, number))
    pid = systemd.show(unit, "MainPID").get("MainPID", "0")
    if pid == "0":
        return []  # that it does not run is told by others
    try:
        with open(f"/proc/{pid}/attr/current", encoding="ascii") as stream:
            label = stream.read().strip().strip("\0")
    except OSError:
        return []
    wanted = f"{_profile(root)} (enforce)"
    return [] if label == wanted else [f"{unit} runs as {label} in AppArmor, not as {wanted}"]


def _profile(root: str) -> str:
    with open(f"{root}/hardening/apparmor", encoding="utf-8") as stream:
        return next(line.split()[1] for line in stream if line.startswith("profile "))


def _loaded() -> list[str]:
    try:
        with open(_LOADED, encoding="ascii") as stream:
            found = [line.split(" ")[0] for line in stream]
    except OSError:
        return []
    return [name for name in found if name.startswith(_PREFIX)]
