"""Check that each hardening control is active on the host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from holdfast.hardening import CONTROLS, Control
from holdfast.rendering import Tree, hardening_plan
from holdfast.settings import Settings
from holdfast.verification.host_facts import HARDENING_PATHS, Facts
from holdfast.verification.messages import DEPLOY, listed, mismatch
from holdfast.verification.skips import left_out_of_hardening, not_applicable, not_checked

Seen = Mapping[str, Any]
"""The facts of `probe.hardening`."""
KERNEL = ("sysctl.conf", "modprobe.conf", "audit.rules")
"""Files for the kernel, which a container shares with its host."""
SSHD_SAYS = {"permitrootlogin prohibit-password": "permitrootlogin without-password"}
"""Output of sshd -T for older keywords."""


@pytest.mark.parametrize(
    "control", [pytest.param(one, marks=pytest.mark.check(one.id), id=one.id) for one in CONTROLS]
)
def test_a_control_of_the_host(
    control: Control, settings: Settings, facts: Facts, tree: Tree
) -> None:
    chosen, seen = settings.hardening, facts.extra["hardened"]
    if control.id in chosen.exceptions:
        left_out_of_hardening(settings, control.id)
    if control not in hardening_plan.controls(settings):
        not_applicable(f"registry_hardening_profile is {chosen.profile}")
    lines = {
        name: own
        for name, rows in hardening_plan.files(settings).items()
        for one, own in rows
        if one == control
    }
    kernel = control.id in ("units.apparmor", "time.sync") or any(n in KERNEL for n in lines)
    if seen["container"] and kernel:
        not_applicable(f"a container ({seen['container']}) shares the kernel")
    problems = [
        *(text for name, own in lines.items() for text in _lines(name, own, seen, facts, tree)),
        *(OTHERS[control.id](seen, settings) if control.id in OTHERS else []),
    ]
    assert lines or control.id in OTHERS, f"{control.id}: nothing looks at it"
    assert not problems, listed(problems, "Run: holdfast deploy")


def _lines(name: str, lines: tuple[str, ...], seen: Seen, facts: Facts, tree: Tree) -> list[str]:
    """Return the lines of a control in a file that are not active."""
    if name in HARDENING_PATHS:
        same = (
            facts.files.get(HARDENING_PATHS[name], {}).get("sha256")
            == tree[f"hardening/{name}"].sha256
        )
        return [] if same else [f"{HARDENING_PATHS[name]} is not the file of the settings"]
    return LINES[name](lines, seen)


def _parameters(lines: tuple[str, ...], seen: Seen) -> list[str]:
    pairs = [[part.strip() for part in line.split("=")] for line in lines]
    found = {key: (seen["parameters"].get(key), value) for key, value in pairs}
    if all(now is None for now, _ in found.values()):
        not_applicable(f"the kernel has no {', '.join(found)}")
    return [
        f"{key}: {mismatch(value, now)}"
        for key, (now, value) in found.items()
        if now is not None and now != value
    ]


def _modules(lines: tuple[str, ...], seen: Seen) -> list[str]:
    name = lines[0].split()[1]
    problems = [] if "/bin/false" in seen["modules"][name] else [f"{name} can be loaded"]
    loaded = name.replace("-", "_") in seen["loaded"]
    return problems + ([f"{name} is loaded"] if loaded else [])


def _sshd(lines: tuple[str, ...], seen: Seen) -> list[str]:
    wanted = [f"{line.split()[0].lower()} {line.split(maxsplit=1)[1]}" for line in lines]
    wanted = [SSHD_SAYS.get(line, line) for line in wanted]
    return [f"sshd does not say: {line}" for line in wanted if line not in seen["sshd"]]


def _audit(lines: tuple[str, ...], seen: Seen) -> list[str]:
    if not seen["audits"]:
        not_checked("auditd is not installed", DEPLOY)
    rules = [[word.rstrip("/") for word in rule.split()] for rule in seen["audit"]]
    missing = [line for line in lines if [word.rstrip("/") for word in line.split()] not in rules]
    return [f"the kernel has no rule: {line}" for line in missing]


LINES: dict[str, Callable[[tuple[str, ...], Seen], list[str]]] = {
    "sysctl.conf": _parameters,
    "modprobe.conf": _modules,
    "sshd.conf": _sshd,
    "audit.rules": _audit,
}
"""The function that checks the lines of each file."""


def _table(*texts: str) -> Callable[[Seen, Settings], list[str]]:
    """Return a check that the active firewall table has each of some texts."""

    def check(seen: Seen, _: Settings) -> list[str]:
        if not seen["filters"]:
            not_checked("nftables is not installed", DEPLOY)
        return [f"the firewall has no: {text}" for text in texts if text not in seen["nft"]]

    return check


def _ports(seen: Seen, settings: Settings) -> list[str]:
    if not settings.tls.terminates_here:
        not_applicable("one load balancer brings all connections")
    return _table(f"tcp dport {settings.proxy.port} ct state new update @web4")(seen, settings)


def _sources(seen: Seen, settings: Settings) -> list[str]:
    sources = settings.hardening.ssh_sources
    if not sources:
        not_applicable("registry_hardening_ssh_sources is empty: ssh is reached from everywhere")
    return _table(*sources)(seen, settings)


def _boot(seen: Seen, _: Settings) -> list[str]:
    if not seen["filters"]:
        not_checked("nftables is not installed", DEPLOY)
    problems = [] if seen["firewall"] == "active" else [f"the unit is {seen['firewall']}"]
    early = "network-pre.target" in seen["ordered"]
    return problems + ([] if early else ["the network does not wait for it"])


def _confined(seen: Seen, _: Settings) -> list[str]:
    if not seen["apparmor"]:
        not_applicable("AppArmor is off in this kernel")
    well = seen["label"].startswith("holdfast-registry-") and seen["label"].endswith("(enforce)")
    return [] if well else [f"the registry runs as {seen['label'] or 'nothing'} in AppArmor"]


def _mount(seen: Seen, settings: Settings) -> list[str]:
    images = settings.storage.filesystem
    if images is None:
        not_applicable("images are not on this host")
    lacking = [one for one in ("nodev", "nosuid", "noexec") if one not in seen["mount"]]
    return [f"{images.directory} is mounted without {one}" for one in lacking]


OTHERS: dict[str, Callable[[Seen, Settings], list[str]]] = {
    "net.drop": _table("policy drop"),
    "net.boot": _boot,
    "net.web-rate": _ports,
    "net.ssh-rate": _table("update @ssh4"),
    "net.ssh-sources": _sources,
    "net.egress": _table("meta skuid", "ct state new counter reject"),
    "net.ipv6": _table("table inet holdfast", "icmpv6 type"),
    "net.loopback": _table("ip saddr 127.0.0.0/8 counter drop"),
    "net.dropped-log": _table('log prefix "holdfast-drop "'),
    "ssh.way-in": lambda seen, _: [] if seen["keys"] else ["nobody has an authorized key"],
    "ssh.no-undo-pending": lambda seen, _: (
        ["a change waits for its confirmation"] if seen["undo"] == "active" else []
    ),
    "files.umask": lambda seen, _: (
        [] if seen["umask"] in ("0027", "027") else [f"a login shell has umask {seen['umask']}"]
    ),
    "kernel.no-forwarding": lambda _, settings: (
        not_applicable("registry_hardening_forwarding is true")
        if settings.hardening.forwarding
        else []
    ),
    "time.sync": lambda seen, _: [] if "active" in seen["clock"] else ["no service sets the clock"],
    "units.apparmor": _confined,
    "storage.mount-options": _mount,
}
"""Further checks of controls, in addition to their lines or in place of them."""
