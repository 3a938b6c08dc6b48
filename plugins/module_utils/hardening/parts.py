"""Apply, inspect and undo the host settings of a generation: its hardening.

hardening/plan.json of a generation names the parts that it wants. PARTS defines each part. Parts
that the previous generation wanted and this one does not are undone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.hardening import (
    apparmor,
    data_mount,
    firewall,
    sshd,
    sysctl,
)
from ansible_collections.holdfast.registry.plugins.module_utils.hardening import (
    services as service_hardening,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import files
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.hardening import (
        HardeningPlan,
    )


def _nothing(_: str | None) -> None:
    """Do nothing: the part is active as soon as its file exists."""


def _all_well(_: str) -> list[str]:
    return []


@dataclass(frozen=True)
class Part:
    """One part of the host's settings; functions take the directory of the generation."""

    source: str = ""
    """File name in the generation's hardening directory."""
    place: str = ""
    """Path on the host; empty if the generation's own unit applies the part."""
    mode: int = 0o644
    obstacle: Callable[[], str] = lambda: ""
    """Return the reason why this host cannot have the part; empty if it can."""
    check: Callable[[str], None] = lambda _: None
    """Raise StepError if the host would refuse the file."""
    load: Callable[[str | None], None] = _nothing
    """Activate the part; None deactivates it."""
    inactive: Callable[[str], list[str]] = _all_well
    """Return one sentence for each part of the file that is not active."""
    there: Callable[[], bool] = lambda: False
    """Return True if something of the part exists beside its file."""


PARTS: dict[str, Part] = {
    "limits": Part("limits.conf", "/etc/security/limits.d/holdfast.conf"),
    "umask": Part("umask.sh", "/etc/profile.d/holdfast.sh"),
    "upgrades": Part(
        "upgrades.conf", "/etc/apt/apt.conf.d/zz-holdfast", check=service_hardening.check_apt
    ),
    "journal": Part(
        "journald.conf",
        "/etc/systemd/journald.conf.d/zz-holdfast.conf",
        load=service_hardening.load_journal,
    ),
    "modules": Part("modprobe.conf", "/etc/modprobe.d/holdfast.conf", obstacle=sysctl.shared),
    "parameters": Part(
        "sysctl.conf",
        "/etc/sysctl.d/zz-holdfast.conf",
        obstacle=sysctl.shared,
        load=sysctl.load_parameters,
        inactive=sysctl.inactive_parameters,
        there=lambda: bool(sysctl.kept("parameters")),
    ),
    "audit": Part(
        "audit.rules",
        "/etc/audit/rules.d/holdfast.rules",
        0o640,
        obstacle=service_hardening.no_audit,
        load=service_hardening.load_audit,
        inactive=service_hardening.inactive_audit,
    ),
    "time": Part(
        obstacle=sysctl.shared,
        load=service_hardening.load_time,
        inactive=service_hardening.inactive_time,
        there=lambda: bool(sysctl.kept("time")),
    ),
    "apparmor": Part(
        "apparmor",
        apparmor.PLACE,
        obstacle=apparmor.obstacle,
        check=apparmor.check,
        load=apparmor.load,
        inactive=apparmor.inactive,
    ),
    "data": Part(
        obstacle=data_mount.obstacle,
        load=data_mount.load,
        inactive=data_mount.inactive,
        there=lambda: bool(sysctl.kept("data")),
    ),
    "ssh": Part(
        "sshd.conf",
        sshd.PLACE,
        0o600,
        obstacle=sshd.obstacle,
        check=sshd.check_file,
        load=sshd.load,
    ),
    "firewall": Part(
        obstacle=firewall.obstacle,
        check=firewall.check_generation,
        load=firewall.load,
        inactive=firewall.inactive,
        there=firewall.there,
    ),
}
"""Parts in the order of activation: those that could cut the connection come last."""


def plan_of(root: str | None) -> HardeningPlan:
    """Return the plan of a generation; a plan without parts if it has none."""
    found: HardeningPlan | None = files.read_json(f"{root}/hardening/plan.json")
    return found or {"profile": "off", "parts": []}


def before(root: str) -> None:
    """Check all parts of a generation, and load the profile that its services start under."""
    for name, part in _wanted(root):
        part.check(root)
        if name == "apparmor":
            part.load(root)


def apply(root: str | None) -> str:
    """Apply a generation's parts, or undo all with None; return the names of the changes.

    Raises StepError if a part is not active after it was loaded.
    """
    wanted = dict(_wanted(root)) if root else {}
    changed = []
    for name, part in PARTS.items():
        if name not in wanted:
            if (part.place and os.path.lexists(part.place)) or part.there():
                if part.place:
                    files.remove(part.place)
                part.load(None)
                changed.append(f"{name} undone")
        elif _put(part, root or "") or part.inactive(root or ""):
            part.load(root)
            changed.append(name)
            left = part.inactive(root or "") if name != "apparmor" else []
            if left:
                raise StepError(f"{name} is not active after it was loaded", left)
    return ", ".join(changed)


def drift(root: str) -> list[str]:
    """Return one sentence for each difference from what a generation wants."""
    wanted = dict(_wanted(root))
    found = []
    for name, part in PARTS.items():
        if name in wanted:
            found += [f"{part.place} {what}" for what in _difference(part, root)]
            found += part.inactive(root)
        elif part.place and os.path.lexists(part.place):
            found.append(f"{part.place} is left over")
    return found


def unconfined(root: str) -> bool:
    """Return True if a generation's registry runs without its profile."""
    return "apparmor" in dict(_wanted(root)) and bool(apparmor.inactive(root))


def missing(root: str) -> dict[str, str]:
    """Return the reason by name of each wanted part that this host cannot have."""
    wanted = plan_of(root)["parts"]
    reasons = {name: PARTS[name].obstacle() for name in wanted}
    if "parameters" in wanted and not reasons["parameters"]:
        absent = ", ".join(sysctl.absent_parameters(root))
        reasons["parameters"] = f"the kernel has no {absent}" if absent else ""
    return {name: reason for name, reason in reasons.items() if reason}


def _wanted(root: str) -> Iterator[tuple[str, Part]]:
    for name in plan_of(root)["parts"]:
        if not PARTS[name].obstacle():
            yield name, PARTS[name]


def _put(part: Part, root: str) -> bool:
    """Install a part's file; return True if it differed."""
    if not part.place or not _difference(part, root):
        return False
    os.makedirs(os.path.dirname(part.place), exist_ok=True)
    with open(f"{root}/hardening/{part.source}", "rb") as stream:
        files.replace(part.place, stream.read(), part.mode)
    return True


def _difference(part: Part, root: str) -> list[str]:
    if not part.place:
        return []
    try:
        same = files.sha256_of(part.place) == files.sha256_of(f"{root}/hardening/{part.source}")
        mode = os.stat(part.place).st_mode & 0o7777
    except OSError:
        return ["is missing"]
    found = [] if same else ["was edited"]
    return found + ([] if mode == part.mode else [f"has mode {mode:04o}, not {part.mode:04o}"])
