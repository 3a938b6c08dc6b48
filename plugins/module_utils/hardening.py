"""The host beside the registry, as a generation wants it: put in force, looked at, taken back.

A generation says in hardening/plan.json which parts of the host it wants; what each part is, stands
in PARTS. Whatever the generation before wanted and this one does not is undone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import (
    confinement,
    data_mount,
    files,
    firewall,
    kernel,
    programs,
    sshd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError


def _nothing(_: str | None) -> None:
    """A part that is in force as soon as its file is there."""


def _all_well(_: str) -> list[str]:
    return []


@dataclass(frozen=True)
class Part:
    """One part of the host; functions are given the directory of the generation."""

    source: str = ""
    """File of the generation that it is made of."""
    place: str = ""
    """Where the host wants it; empty: the generation's own unit sees to it."""
    mode: int = 0o644
    obstacle: Callable[[], str] = lambda: ""
    """Why it cannot be on this host; empty: it can."""
    check: Callable[[str], None] = lambda _: None
    """Raises StepError when the host would refuse the file."""
    load: Callable[[str | None], None] = _nothing
    """Put it in force; with None, take it back."""
    live: Callable[[str], list[str]] = _all_well
    """What of it is not in force."""
    there: Callable[[], bool] = lambda: False
    """Whether something of it is there, beside its file."""


PARTS: dict[str, Part] = {
    "limits": Part("limits.conf", "/etc/security/limits.d/holdfast.conf"),
    "umask": Part("umask.sh", "/etc/profile.d/holdfast.sh"),
    "upgrades": Part("upgrades.conf", "/etc/apt/apt.conf.d/zz-holdfast", check=programs.check_apt),
    "journal": Part(
        "journald.conf", "/etc/systemd/journald.conf.d/zz-holdfast.conf", load=programs.load_journal
    ),
    "modules": Part("modprobe.conf", "/etc/modprobe.d/holdfast.conf", obstacle=kernel.shared),
    "parameters": Part(
        "sysctl.conf",
        "/etc/sysctl.d/zz-holdfast.conf",
        obstacle=kernel.shared,
        load=kernel.load_parameters,
        live=kernel.live_parameters,
        there=lambda: bool(kernel.kept("parameters")),
    ),
    "audit": Part(
        "audit.rules",
        "/etc/audit/rules.d/holdfast.rules",
        0o640,
        obstacle=programs.no_audit,
        load=programs.load_audit,
        live=programs.live_audit,
    ),
    "time": Part(
        obstacle=kernel.shared,
        load=programs.load_time,
        live=programs.live_time,
        there=lambda: bool(kernel.kept("time")),
    ),
    "apparmor": Part(
        "apparmor",
        confinement.PLACE,
        obstacle=confinement.obstacle,
        check=confinement.check,
        load=confinement.load,
        live=confinement.live,
    ),
    "data": Part(
        obstacle=data_mount.obstacle,
        load=data_mount.load,
        live=data_mount.live,
        there=lambda: bool(kernel.kept("data")),
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
        live=firewall.live,
        there=firewall.there,
    ),
}
"""In the order in which they come into force: what could cut the line comes last."""


def plan_of(root: str | None) -> dict[str, Any]:
    """Return the plan of a generation; one that wants nothing when it has none."""
    try:
        with open(f"{root}/hardening/plan.json", encoding="utf-8") as stream:
            found: dict[str, Any] = json.load(stream)
            return found
    except (OSError, ValueError):
        return {"profile": "off", "parts": []}


def before(root: str) -> None:
    """Check all parts of a generation, and load what its services start under."""
    for name, part in _wanted(root):
        part.check(root)
        if name == "apparmor":
            part.load(root)


def apply(root: str | None) -> str:
    """Let the host be as a generation wants it, or as it was without one; return how that went.

    Raises StepError when a part does not come into force.
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
        elif _put(part, root or "") or part.live(root or ""):
            part.load(root)
            changed.append(name)
            left = part.live(root or "") if name != "apparmor" else []
            if left:
                raise StepError(f"{name} is not in force after it was loaded", left)
    return ", ".join(changed)


def drift(root: str) -> list[str]:
    """Return what is not as a generation wants it, in sentences; parts that it undid are gone."""
    wanted = dict(_wanted(root))
    found = []
    for name, part in PARTS.items():
        if name in wanted:
            found += [f"{part.place} {what}" for what in _difference(part, root)]
            found += part.live(root)
        elif part.place and os.path.lexists(part.place):
            found.append(f"{part.place} is left over")
    return found


def unconfined(root: str) -> bool:
    """Tell whether the registry of a generation runs without the profile that it should have."""
    return "apparmor" in dict(_wanted(root)) and bool(confinement.live(root))


def missing(root: str) -> dict[str, str]:
    """Return why a part that the generation wants cannot be on this host, by its name."""
    wanted = plan_of(root)["parts"]
    reasons = {name: PARTS[name].obstacle() for name in wanted}
    if "parameters" in wanted and not reasons["parameters"]:
        absent = ", ".join(kernel.absent_parameters(root))
        reasons["parameters"] = f"the kernel has no {absent}" if absent else ""
    return {name: reason for name, reason in reasons.items() if reason}


def _wanted(root: str) -> Iterator[tuple[str, Part]]:
    for name in plan_of(root)["parts"]:
        if not PARTS[name].obstacle():
            yield name, PARTS[name]


def _put(part: Part, root: str) -> bool:
    """Bring a part's file to its place; tell whether it was another one before."""
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
