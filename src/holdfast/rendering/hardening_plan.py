"""The hardening part of a generation: lines of the active controls, and a plan."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from holdfast.hardening import Control, in_force
from holdfast.rendering.accounts import PROXY_USER, REGISTRY_USER
from holdfast.rendering.layout import HOST
from holdfast.rendering.metrics_endpoint import endpoint
from holdfast.rendering.network import leaves_host
from holdfast.settings import Settings

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.hardening import (
        HardeningPlan,
    )

HYBRID = (
    "mlkem768x25519-sha256",
    "sntrup761x25519-sha512",
    "sntrup761x25519-sha512@openssh.com",
)
CLASSIC = ("curve25519-sha256", "curve25519-sha256@libssh.org")
PARTS = {
    "sysctl.conf": "parameters",
    "modprobe.conf": "modules",
    "sshd.conf": "ssh",
    "journald.conf": "journal",
    "audit.rules": "audit",
    "upgrades.conf": "upgrades",
    "umask.sh": "umask",
    "limits.conf": "limits",
}
"""Part of the host (see hardening/parts.py), by the file of the generation that configures it."""


def controls(settings: Settings) -> list[Control]:
    """Return the controls that are active with these settings."""
    chosen = settings.hardening
    return list(in_force(chosen.profile, chosen.exceptions))


def files(settings: Settings) -> dict[str, list[tuple[Control, tuple[str, ...]]]]:
    """Return the lines by file, each with its control."""
    found: dict[str, list[tuple[Control, tuple[str, ...]]]] = {name: [] for name in PARTS}
    for one in controls(settings):
        for name, lines in {**one.lines, **_by_settings(one.id, settings)}.items():
            found[name].append((one, lines))
    return {name: rows for name, rows in found.items() if rows}


def _by_settings(control: str, settings: Settings) -> dict[str, tuple[str, ...]]:
    """Return the lines of a control that depend on settings."""
    chosen = settings.hardening
    if control == "ssh.key-exchange":
        # An older OpenSSH refuses a name that it does not know.
        names = HYBRID if settings.os.ssh_hybrid else HYBRID[1:]
        names = (*names, *CLASSIC) if chosen.ssh_clients == "compatible" else names
        return {"sshd.conf": ("KexAlgorithms " + ",".join(names),)}
    if control == "kernel.reverse-path":
        value = 2 if chosen.forwarding else 1
        which = ("all", "default")
        return {"sysctl.conf": tuple(f"net.ipv4.conf.{one}.rp_filter = {value}" for one in which)}
    if control == "kernel.no-forwarding" and not chosen.forwarding:
        return {"sysctl.conf": ("net.ipv4.ip_forward = 0", "net.ipv6.conf.all.forwarding = 0")}
    if control == "logs.journal-bounds":
        return {"journald.conf": ("Storage=persistent", f"SystemMaxUse={chosen.journal_mib}M")}
    return {}


def context(settings: Settings, ports: list[int]) -> dict[str, Any]:
    """Return the variables of the templates below hardening/; `ports` are the proxy's."""
    names = {one.id for one in controls(settings)}
    chosen = settings.hardening
    sources = [ip_network(source) for source in chosen.ssh_sources]
    scraped = endpoint(settings, HOST)
    return {
        "lines": files(settings),
        "controls": names,
        "ports": ports,
        "scraped_from": {
            family: scraped.sources(version) if scraped and scraped.tls else []
            for family, version in (("ip", 4), ("ip6", 6))
        },
        "metered": "net.web-rate" in names and settings.tls.terminates_here,
        "ssh_sources": {
            family: [str(source) for source in sources if source.version == version]
            for family, version in (("ip", 4), ("ip6", 6))
        },
        "kept_in": [PROXY_USER, *([] if _connects(settings) else [REGISTRY_USER])],
        "data_mount": "storage.mount-options" in names and settings.storage.on_host,
    }


def _connects(settings: Settings) -> bool:
    """Tell whether a service of the registry's user connects to other machines."""
    return leaves_host(settings) or bool(settings.mirrors)


def plan(settings: Settings, ports: list[int], apparmor_profile: str | None) -> HardeningPlan:
    """Return the plan for the host: its parts, and the values that a preflight compares."""
    chosen, names = settings.hardening, {one.id for one in controls(settings)}
    wanted = [PARTS[name] for name in files(settings)]
    wanted += ["firewall"] if names & {"net.drop", "net.egress"} else []
    wanted += ["time"] if "time.sync" in names else []
    wanted += ["apparmor"] if apparmor_profile else []
    wanted += ["data"] if context(settings, ports)["data_mount"] else []
    return {
        "profile": chosen.profile,
        "parts": sorted(wanted),
        "confinement": apparmor_profile,
        "drops": "net.drop" in names,
        "ports": ports,
        "open_ports": list(chosen.open_ports),
        "ssh_port": chosen.ssh_port,
        "ssh_sources": list(chosen.ssh_sources),
        "confirm_seconds": chosen.confirm_seconds,
    }


def packages(settings: Settings) -> list[str]:
    """Return the packages that the controls of the profile `host` need."""
    if settings.hardening.profile != "host":
        return []
    names = set(plan(settings, [], "yes")["parts"])
    needs = {
        "firewall": "nftables",
        "audit": "auditd",
        "upgrades": "unattended-upgrades",
        "apparmor": "apparmor",
    }
    return [package for part, package in needs.items() if part in names]
