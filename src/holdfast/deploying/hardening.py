"""Check before a deploy what the profile `host` would cut off, and what the host lacks for it."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from holdfast.deploying.desired import Desired
from holdfast.hardening import CONTROLS
from holdfast.settings.sections.hardening import Hardening

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.hardening import (
        HardeningPlan,
        Survey,
    )

MODULE = "kernel.module-"
LOOPBACK = ("127.", "::1")


def judge(desired: Desired, found: Survey) -> Iterator[str]:
    """Yield the reasons why the profile `host` cannot be applied."""
    plan = desired.hardening
    if plan is None:
        return
    chosen = desired.settings.hardening
    if plan["drops"]:
        yield from _way_in(chosen, found)
        if not chosen.cut_others:
            yield from _cut(chosen, plan, found)
    if "ssh.passwords" not in chosen.exceptions and not found["keys"]:
        yield (
            "ssh.passwords: expected a key of somebody who may log in, found none. Put one into"
            f" authorized_keys on the host, or {_except('ssh.passwords')}"
        )
    if not found["container"]:
        yield from _kernel(chosen, found)
    if "time" in plan["parts"] and not found["clock"]:
        yield (
            "time.sync: expected a program that sets the clock, found none."
            f" Install systemd-timesyncd or chrony, or {_except('time.sync')}"
        )


def _way_in(chosen: Hardening, found: Survey) -> Iterator[str]:
    """Yield the reasons why the deploying user would be locked out; cut_others does not allow
    that."""
    if not found["client"]:
        return
    address, port = found["client"]
    if int(port) != chosen.ssh_port:
        yield (
            f"registry_hardening_ssh_port: expected {port}, over which this host is being reached,"
            f" got {chosen.ssh_port}. Set the port of sshd"
        )
    if not _inside(address, chosen):
        yield (
            f"registry_hardening_ssh_sources: expected {address}, from which this host is being"
            " reached, to be in it. Add it"
        )


def _cut(chosen: Hardening, plan: HardeningPlan, found: Survey) -> Iterator[str]:
    todo = "or allow it with registry_hardening_cut_others: true"
    before = found["dropping"]
    for one in found["listening"]:
        port, protocol = one["port"], one["protocol"]
        reached = before is None or _opened(port, protocol, before)
        if reached and not _opened(port, protocol, plan):
            yield (
                f"port {port}/{protocol}: {one['owner']} would be cut off from other machines."
                f" Add {port}/{protocol} to registry_hardening_open_ports, stop it, {todo}"
            )
    # Once the firewall follows connections, those that are open go on.
    for address in found["sessions"] if before is None else []:
        if not _inside(address, chosen):
            yield (
                f"ssh session from {address}: it would be cut."
                f" Add it to registry_hardening_ssh_sources, end it, {todo}"
            )


def _kernel(chosen: Hardening, found: Survey) -> Iterator[str]:
    if (
        found["forwards"]
        and not chosen.forwarding
        and "kernel.no-forwarding" not in (chosen.exceptions)
    ):
        yield (
            "registry_hardening_forwarding: this host forwards packets (containers, a VPN?), and"
            " would not any more. Set registry_hardening_forwarding: true, or switch it off there"
        )
    blocked = {one.id.removeprefix(MODULE): one.id for one in CONTROLS if MODULE in one.id}
    for module, control in blocked.items():
        if module in found["modules"] and control not in chosen.exceptions:
            yield (
                f"{control}: the module {module} is in use, and would be missing from the next boot"
                f" on. Unload it, or {_except(control)}"
            )


def _opened(port: int, protocol: str, plan: HardeningPlan) -> bool:
    """Tell whether the firewall of a plan accepts connections to a port."""
    if protocol == "tcp" and port in (*plan["ports"], plan["ssh_port"]):
        return True
    for text in plan["open_ports"]:
        ports, _, name = text.partition("/")
        first, _, last = ports.partition("-")
        if name == protocol and int(first) <= port <= int(last or first):
            return True
    return False


def _inside(address: str, chosen: Hardening) -> bool:
    if not chosen.ssh_sources or address.startswith(LOOPBACK):
        return True
    return any(ip_address(address) in ip_network(source) for source in chosen.ssh_sources)


def _except(control: str) -> str:
    return f"name {control} in registry_hardening_exceptions, with the reason"
