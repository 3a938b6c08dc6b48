"""Hardening: rendered files by control, exceptions, refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from holdfast.deploying import desired, hardening
from holdfast.hardening import CONTROLS
from holdfast.rendering import render
from holdfast.settings import SettingsError, parse

HOST = {"registry_hardening_profile": "host"}
NOTHING: dict[str, Any] = {
    "listening": [],
    "sessions": [],
    "dropping": None,
    "client": ["10.0.0.7", "22"],
    "forwards": False,
    "container": "",
    "modules": [],
    "keys": True,
    "clock": True,
}
FILES = (
    *("apparmor", "audit.rules", "firewall.nft", "journald.conf", "limits.conf", "modprobe.conf"),
    *("plan.json", "sshd.conf", "sysctl.conf", "umask.sh", "upgrades.conf"),
)


def tree(flat: dict[str, Any], **more: Any) -> dict[str, str]:
    """Return the texts of the files below hardening/."""
    made = render(parse({**flat, **more}))
    below = "hardening/"
    return {
        path[len(below) :]: file.content for path, file in made.items() if path.startswith(below)
    }


def complaints(flat: dict[str, Any], seen: dict[str, Any], **more: Any) -> list[str]:
    """Return the complaints of a preflight of the profile `host`."""
    wanted = desired(parse({**flat, **HOST, **more}))
    return list(hardening.judge(wanted, {**NOTHING, **seen}))


def test_each_control_says_what_it_is_once() -> None:
    ids = [one.id for one in CONTROLS]
    assert len(set(ids)) == len(ids)
    for one in CONTROLS:
        assert one.reason.endswith("."), one.id
        assert not one.holds.endswith("."), one.id
        assert one.check, one.id


def test_every_line_of_every_control_is_rendered(flat: dict[str, Any]) -> None:
    made = tree(flat, **HOST)
    assert tuple(sorted(made)) == FILES
    for one in CONTROLS:
        for name, lines in one.lines.items():
            assert set(lines) <= set(made[name].splitlines()), one.id


def test_profiles_hold_each_other(flat: dict[str, Any]) -> None:
    off = tree(flat, registry_hardening_profile="off")
    assert list(off) == ["plan.json"]
    assert json.loads(off["plan.json"])["parts"] == []
    alone = tree(flat)
    assert set(alone) == {"audit.rules", "firewall.nft", "plan.json"}
    assert "input" not in alone["firewall.nft"]
    assert "ssh" not in alone["audit.rules"]


@pytest.mark.parametrize("control", [one for one in CONTROLS if one.lines], ids=lambda one: one.id)
def test_an_exception_leaves_out_the_lines_of_a_control(control: Any, flat: dict[str, Any]) -> None:
    left = tree(flat, **HOST, registry_hardening_exceptions={control.id: "for this test only"})
    for name, lines in control.lines.items():
        assert not set(lines) & set(left.get(name, "").splitlines())


@pytest.mark.parametrize(
    "exceptions",
    [{"kernel.nothing": "there is no such control"}, {"kernel.bpf": "short"}],
)
def test_an_exception_needs_a_control_and_a_reason(
    exceptions: dict[str, str], flat: dict[str, Any]
) -> None:
    with pytest.raises(SettingsError, match="registry_hardening_exceptions: expected a mapping"):
        parse({**flat, "registry_hardening_exceptions": exceptions})


def test_the_firewall_opens_what_the_settings_name(flat: dict[str, Any]) -> None:
    text = tree(
        flat,
        **HOST,
        registry_proxy_port=8443,
        registry_hardening_open_ports=["9100/tcp", "60000-61000/udp"],
        registry_hardening_ssh_sources=["10.0.0.0/8", "2001:db8::/32"],
    )["firewall.nft"]
    for line in (
        "tcp dport 8443 ct state new",
        "tcp dport 9100 counter accept",
        "udp dport 60000-61000 counter accept",
        "tcp dport 22 ip saddr { 10.0.0.0/8 }",
        "tcp dport 22 ip6 saddr { 2001:db8::/32 }",
    ):
        assert line in text
    assert "flush" not in text


def test_ssh_from_one_family_is_closed_to_the_other(flat: dict[str, Any]) -> None:
    sources = {"registry_hardening_ssh_sources": ["10.0.0.0/8"]}
    assert "tcp dport 22 ip6" not in tree(flat, **HOST, **sources)["firewall.nft"]


def test_a_host_that_forwards_goes_on(flat: dict[str, Any]) -> None:
    text = tree(flat, **HOST, registry_hardening_forwarding=True)["sysctl.conf"]
    assert "ip_forward" not in text
    assert "net.ipv4.conf.all.rp_filter = 2" in text


def test_the_profile_of_apparmor_changes_its_name_with_its_rules(flat: dict[str, Any]) -> None:
    def name(**more: Any) -> Any:
        return json.loads(tree(flat, **HOST, **more)["plan.json"])["confinement"]

    assert name() == name(registry_log_level="info")
    assert name() != name(registry_storage_directory="/srv/other")
    unit = render(parse({**flat, **HOST}))["systemd/holdfast-registry@.service"].content
    assert f"AppArmorProfile=-{name()}\n" in unit


def test_a_fit_host_has_no_complaint(flat: dict[str, Any]) -> None:
    assert complaints(flat, {}) == []


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        (
            {"listening": [{"port": 5432, "protocol": "tcp", "owner": "postgres"}]},
            "port 5432/tcp: postgres would be cut off",
        ),
        ({"client": ["10.0.0.7", "2222"]}, "registry_hardening_ssh_port: expected 2222"),
        ({"forwards": True}, "registry_hardening_forwarding: this host forwards packets"),
        ({"modules": ["usb-storage"]}, "kernel.module-usb-storage: the module usb-storage"),
        ({"keys": False}, "ssh.passwords: expected a key"),
        ({"clock": False}, "time.sync: expected a program"),
    ],
)
def test_what_would_be_cut_is_told(seen: dict[str, Any], text: str, flat: dict[str, Any]) -> None:
    (found,) = complaints(flat, seen)
    assert found.startswith(text)


def test_who_deploys_has_to_be_let_in(flat: dict[str, Any]) -> None:
    sources = {"registry_hardening_ssh_sources": ["192.0.2.0/24"]}
    seen = {"sessions": ["10.0.0.7"]}
    assert len(complaints(flat, seen, **sources)) == 2
    # What others do may be cut; who deploys may not.
    cut = {"registry_hardening_cut_others": True}
    assert len(complaints(flat, seen, **sources, **cut)) == 1


def test_what_is_closed_already_is_not_cut_again(flat: dict[str, Any]) -> None:
    plan = json.loads(tree(flat, **HOST)["plan.json"])
    late = {"listening": [{"port": 9200, "protocol": "tcp", "owner": "late"}]}
    assert complaints(flat, {**late, "dropping": plan}) == []
    opened = {**plan, "open_ports": ["9200/tcp"]}
    assert len(complaints(flat, {**late, "dropping": opened})) == 1


def test_a_container_keeps_its_machines_kernel(flat: dict[str, Any]) -> None:
    seen = {"container": "podman", "forwards": True, "modules": ["sctp"]}
    assert complaints(flat, seen) == []
