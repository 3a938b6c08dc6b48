"""Hardening of the host beside the registry: files that the host activates."""

from __future__ import annotations

import hashlib
from typing import Any

from holdfast.rendering import hardening_plan
from holdfast.rendering.component import Component, Source, Unit
from holdfast.rendering.layout import Layout
from holdfast.rendering.listeners import ports
from holdfast.rendering.network import leaves_host
from holdfast.rendering.registry_binary import unit_variables
from holdfast.rendering.templates import template
from holdfast.rendering.token_trust import token_trust
from holdfast.settings import Settings

LINES = {
    **dict.fromkeys(("sysctl.conf", "modprobe.conf", "sshd.conf", "journald.conf"), "#"),
    **dict.fromkeys(("audit.rules", "umask.sh", "limits.conf"), "#"),
    "upgrades.conf": "//",
}
"""Files below hardening/ that consist of lines of controls, with their comment marks."""


def component(settings: Settings, layout: Layout) -> Component:
    """Return the component of the hardening profile; with `registry-only` it has only the plan."""
    known = hardening_plan.context(settings, ports(settings))
    plan = hardening_plan.plan(settings, ports(settings), apparmor_profile(settings, layout))
    wanted = {"firewall": "firewall" in plan["parts"], "data": known["data_mount"]}
    units = tuple(Unit(f"holdfast-{name}.service", True) for name, one in wanted.items() if one)
    fixed = ("plan.json", "firewall.nft", "apparmor")
    return Component(
        "hardening",
        files={
            **{f"hardening/{name}": Source() for name in fixed},
            **{f"systemd/holdfast-{name}.service": Source() for name in wanted},
            **{
                f"hardening/{name}": Source(
                    template="hardening/lines", own={"file": name, "mark": mark}
                )
                for name, mark in LINES.items()
            },
        },
        variables={
            **_profile_variables(settings, layout, apparmor_profile(settings, layout)),
            **known,
            "hardening": plan,
        },
        units=units,
        packages=tuple(hardening_plan.packages(settings)),
    )


def apparmor_profile(settings: Settings, layout: Layout) -> str | None:
    """Return the name of the registry's AppArmor profile; None if it has none.

    The name contains a digest of the rules, so a draining registry keeps the rules under which it
    was started.
    """
    if "units.apparmor" not in {one.id for one in hardening_plan.controls(settings)}:
        return None
    known = {"settings": settings, "layout": layout}
    variables = _profile_variables(settings, layout, "holdfast-registry")
    rules = template("hardening/apparmor").render({**known, **variables})
    return f"holdfast-registry-{hashlib.sha256(rules.encode()).hexdigest()[:12]}"


def _profile_variables(settings: Settings, layout: Layout, name: str | None) -> dict[str, Any]:
    """Return the variables of the AppArmor profile."""
    return {
        **unit_variables(settings, layout),
        "trust": token_trust(settings),
        "network": leaves_host(settings),
        "local_cache": settings.cache.local,
        "cache_port": settings.cache.port_for(settings.version),
        "confinement": name,
    }
