"""Orders of a deploy to a host, and the evaluation of its answers."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.deploying import clock_offset, desired, images, judge
from holdfast.deploying.dry_run import differences, planned_changes
from holdfast.settings import parse

SPACE: dict[str, Any] = {"free_bytes": 2**33, "warnings": []}
FULL = {**SPACE, "warnings": ["expected 5 % free, found 4.0 %"]}
FIT: dict[str, Any] = {
    "root": True,
    "systemd": True,
    "os": {"ID": "debian", "VERSION_ID": "13", "PRETTY_NAME": "Debian 13"},
    "ports_taken": {},
    "ipv6": True,
    "storage": {"space": SPACE, "problems": []},
    "images": {"hidden": {}, "old": None},
    "surveyed": None,
    "packages_missing": [],
    "binary_damage": [],
    "files": {},
    "drift": [],
    "drop_ins": [],
    "interrupted": False,
    "generation": None,
    "contents": {},
}
UNFIT: list[tuple[dict[str, Any], float, str]] = [
    ({"root": False}, 0, "user: expected root on the host."),
    ({"systemd": False}, 0, "init: expected systemd"),
    (
        {"os": {"ID": "debian", "VERSION_ID": "12"}},
        0,
        "registry_platform: expected debian13, found debian12. Set registry_platform: debian12",
    ),
    (
        {"os": {"ID": "fedora", "VERSION_ID": "42"}},
        0,
        "registry_platform: expected debian13, found fedora42. Take a host with Debian 13 or",
    ),
    ({"ports_taken": {"443": "apache2"}}, 0, "port 443: expected to be free, apache2 listens"),
    ({"ipv6": False}, 0, "registry_proxy_addresses: the host has no IPv6."),
    (
        {
            "storage": {
                "space": {**SPACE, "warnings": ["expected 5 % free, found 4.0 %"]},
                "problems": [],
            }
        },
        0,
        "/srv/registry: expected 5 % free, found 4.0 %.",
    ),
    ({"storage": {"space": None, "problems": ["s3://x: closed"]}}, 0, "s3://x: closed"),
    ({}, 61, "clock: expected to be within 60 s of this machine's, found +61 s."),
    ({}, -3600, "clock: expected to be within 60 s of this machine's, found -3600 s."),
]


@pytest.mark.parametrize(("change", "offset", "expected"), UNFIT, ids=lambda value: str(value)[:30])
def test_an_unfit_host(
    flat: dict[str, Any], change: dict[str, Any], offset: float, expected: str
) -> None:
    (complaint,) = judge(desired(parse(flat)), {**FIT, **change}, offset)
    assert complaint.startswith(expected)


def test_a_fit_host_and_all_that_is_wrong_at_once(flat: dict[str, Any]) -> None:
    wanted = desired(parse(flat))
    assert judge(wanted, FIT, 0.2) == []
    everything = {**FIT}
    for change, _, _ in UNFIT[:2] + UNFIT[4:7]:
        everything |= change
    assert len(judge(wanted, everything, 100)) == 6


def test_images_that_would_be_lost(flat: dict[str, Any]) -> None:
    hub = {"name": "hub", "url": "https://registry-1.docker.io", "hostname": "hub.example.com"}
    team = {"name": "team", "url": "https://quay.io"}
    wanted = desired(parse({**flat, "registry_mirrors": [hub, team]}))
    assert wanted.images == {"mirrors": ["team"], "old": True}
    old = {"first": ["a:1", "a:2"], "count": 9}
    hidden = {"team": {"first": ["team/big"], "count": 1}}
    found = {"hidden": hidden, "old": {"images": old, "looked": 20, "complete": True}}
    assert judge(wanted, {**FIT, "images": found}, 0) == [
        'registry_mirrors[1].name: expected a name that hides no repositories, got "team": in the'
        " storage there is team/big. Give it another one, or a host name:"
        " registry_mirrors[1].hostname",
        "registry 3.1.1: expected no manifests of schema 1, which it cannot serve, found a:1, a:2"
        " and 7 more. Copy them with a version that can (docs/storage.md), or delete them, or set"
        " registry_distribution_drop_schema1: true to lose them",
    ]
    assert list(images.warnings(found)) == []
    none = {"images": {"first": [], "count": 0}, "looked": 20, "complete": False}
    (warning,) = images.warnings({"hidden": {}, "old": none})
    assert warning.startswith("of 20 manifests none has schema 1")


@pytest.mark.parametrize(
    "own",
    [
        {"registry_distribution_drop_schema1": True},
        {"registry_upstream_url": "https://quay.io"},
        {"registry_distribution_version": "2.8.3"},
    ],
)
def test_schema_1_is_no_question_where_it_is_served_or_given_up(
    flat: dict[str, Any], own: dict[str, Any]
) -> None:
    assert not desired(parse({**flat, **own})).images["old"]


def test_the_clock() -> None:
    assert clock_offset(10, 9, 11) == 0
    assert clock_offset(20, 9, 11) == 9
    assert clock_offset(5, 9, 11) == -4


def test_the_identity_changes_with_tree_and_surroundings(flat: dict[str, Any]) -> None:
    one = desired(parse(flat))
    assert one.identity == desired(parse(flat)).identity
    checksum = {"registry_distribution_checksum": "sha256:" + "b" * 64}
    assert one.identity != desired(parse({**flat, **checksum})).identity
    assert one.identity != desired(parse({**flat, "registry_log_level": "info"})).identity


def test_the_manifest_holds_no_secret(flat: dict[str, Any]) -> None:
    text = str(desired(parse(flat)).manifest("me"))
    assert "correct-horse" not in text
    assert "$2b$" not in text


def test_dry_run_names_every_phase(flat: dict[str, Any]) -> None:
    seen = {
        **FIT,
        "packages_missing": ["nginx"],
        "binary_damage": ["/opt/x is missing"],
        "drift": ["holdfast.target is inactive"],
        "interrupted": True,
    }
    result = list(planned_changes(desired(parse(flat)), seen, "the first one"))
    assert [phase for phase, _ in result] == [
        *("install", "install", "certificates", "generation", "generation", "activate")
    ]


def test_of_our_own_programs_a_difference_tells_no_more_than_which(flat: dict[str, Any]) -> None:
    wanted = desired(parse(flat))
    programs = [path for path in wanted.tree if path.endswith(".py")]
    found = {one["before_header"]: one for one in differences(wanted, FIT)}
    result = [found[path]["prepared"] for path in programs]
    assert programs
    assert all(text.count("\n") == 1 and "lines, sha256 " in text for text in result)
    gone = {**FIT, "files": {**wanted.tree.index, "agent/old.py": {}}}
    assert "not needed any more" in differences(wanted, gone)[0]["prepared"]


def test_differences_never_show_a_secret(flat: dict[str, Any]) -> None:
    wanted = desired(parse(flat))
    found = {one["before_header"]: one for one in differences(wanted, FIT)}
    assert found["logins/htpasswd"] == {
        "before_header": "logins/htpasswd",
        "after_header": "logins/htpasswd",
        "prepared": "logins/htpasswd: changed (a secret is not shown)\n",
    }
    assert "level: warn" in found["registry/config.yml"]["after"]
    assert differences(wanted, {**FIT, "files": wanted.tree.index}) == []
