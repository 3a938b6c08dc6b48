"""What a deploy wants of a host, and what it makes of the answer."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.deploying import clock_offset, desired, judge
from holdfast.deploying.forecast import differences, forecast
from holdfast.settings import parse

ROOM: dict[str, Any] = {"free_bytes": 2**33, "scarce": []}
FIT: dict[str, Any] = {
    "root": True,
    "systemd": True,
    "os": {"ID": "debian", "VERSION_ID": "13", "PRETTY_NAME": "Debian 13"},
    "ports_taken": {},
    "ipv6": True,
    "storage": {**ROOM, "problems": []},
    "packages_missing": [],
    "binary_damage": [],
    "files": {},
    "drift": [],
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
        "registry_platform: expected debian13, found fedora42. Take a host with Debian 12 or 13",
    ),
    ({"ports_taken": {"443": "apache2"}}, 0, "port 443: expected to be free, apache2 listens"),
    ({"ipv6": False}, 0, "registry_proxy_addresses: the host has no IPv6."),
    (
        {"storage": {**ROOM, "problems": [], "scarce": ["expected 5 % free, found 4.0 %"]}},
        0,
        "/srv/registry: expected 5 % free, found 4.0 %.",
    ),
    ({"storage": {**ROOM, "problems": ["s3://x: closed"]}}, 0, "s3://x: closed"),
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
    wish = desired(parse(flat))
    assert judge(wish, FIT, 0.2) == []
    everything = {**FIT}
    for change, _, _ in UNFIT[:2] + UNFIT[4:7]:
        everything |= change
    assert len(judge(wish, everything, 100)) == 6


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


def test_forecast_names_every_phase(flat: dict[str, Any]) -> None:
    seen = {
        **FIT,
        "packages_missing": ["nginx"],
        "binary_damage": ["/opt/x is missing"],
        "drift": ["holdfast.target is inactive"],
        "interrupted": True,
    }
    told = list(forecast(desired(parse(flat)), seen, "the first one"))
    assert [phase for phase, _ in told] == [
        *("install", "install", "certificates", "generation", "generation", "activate")
    ]


def test_of_our_own_programs_a_difference_tells_no_more_than_which(flat: dict[str, Any]) -> None:
    wish = desired(parse(flat))
    programs = [path for path in wish.tree if path.endswith(".py")]
    found = {one["before_header"]: one for one in differences(wish, FIT)}
    told = [found[path]["prepared"] for path in programs]
    assert programs
    assert all(text.count("\n") == 1 and "lines, sha256 " in text for text in told)
    gone = {**FIT, "files": {**wish.tree.index, "agent/old.py": {}}}
    assert "not needed any more" in differences(wish, gone)[0]["prepared"]


def test_differences_never_show_a_secret(flat: dict[str, Any]) -> None:
    wish = desired(parse(flat))
    found = {one["before_header"]: one for one in differences(wish, FIT)}
    assert found["logins/htpasswd"] == {
        "before_header": "logins/htpasswd",
        "after_header": "logins/htpasswd",
        "prepared": "logins/htpasswd: changed (a secret is not shown)\n",
    }
    assert "level: warn" in found["registry/config.yml"]["after"]
    assert differences(wish, {**FIT, "files": wish.tree.index}) == []
