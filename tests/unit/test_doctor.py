"""Doctor's findings about a host, from the host's facts."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.deploying.status import lines
from holdfast.doctor.host import findings
from holdfast.settings import Settings, SettingsError, parse

NOW = 1_800_000_000.0
UNIT = "holdfast-registry@3.service"
DROP_IN = "/etc/systemd/system/holdfast-proxy.service.d/proxy.conf"
DISK_SPACE = {"free_percent": 50.0, "free_bytes": 2**33, "warnings": []}


def settings(**more: object) -> Settings:
    return parse(
        {
            "registry_hostname": "registry.example.com",
            "registry_distribution_source": "package",
            "registry_tls_mode": "external",
            "registry_tls_trusted_proxies": ["127.0.0.1"],
            "registry_auth_mode": "token",
            **more,
        }
    )


BROKEN = {"images": {"first": [], "count": 0}, "looked": 3, "complete": True}
LOST = {"images": {"first": ["team/app:1"], "count": 8}, "looked": 9, "complete": False}


def unit(state: str = "active", *said: str, restarts: int = 0) -> dict[str, Any]:
    result = "success" if state == "active" else "exit-code"
    told = {"name": UNIT, "state": state, "result": result, "restarts": restarts}
    return {**told, "said": list(said)}


def seen(**more: Any) -> dict[str, Any]:
    return {
        **{
            "time": NOW,
            "generation": 3,
            "interrupted": False,
            "drift": [],
            "drop_ins": [],
            "version": "2.8.3",
        },
        **{"shown": [], "maintenance": None, "cache": None, "mirrors": [], "units": [unit()]},
        **{
            "disk_space": DISK_SPACE,
            "readonly": False,
            "lost": [],
            "issuer": None,
            "sources": [],
            "broken": BROKEN,
            "trust": None,
            "jobs": [],
            "scrub": None,
        },
        "hardening": {"profile": "off", "parts": [], "missing": {}},
        **{"keys": {"trusted": 1, "seconds_left": 0.0}},
        **more,
    }


WRONG: dict[str, tuple[dict[str, Any], float, str, str, str]] = {
    "nothing deployed": (
        {"generation": None, "units": []},
        0,
        "generation",
        "none yet",
        "Run: holdfast deploy",
    ),
    "a unit that failed": (
        {"units": [unit("failed", "starting", "no space left on device")]},
        0,
        "units",
        f'{UNIT} is failed (exit-code); its last message: "no space left on device"',
        f"journalctl -u {UNIT}",
    ),
    "a unit that ends again and again": (
        {"units": [unit("active", "panic: boom", restarts=7)]},
        0,
        "units",
        "was started again 7 times",
        f"journalctl -u {UNIT}",
    ),
    "a lost key": (
        {"lost": ["keys/3/signing.pem is missing"], "drift": ["keys/3/signing.pem is missing"]},
        0,
        "keys",
        "keys/3/signing.pem is missing",
        "Run: holdfast deploy, which generates the lost files",
    ),
    "an issuer that is down": (
        {"issuer": "[Errno 111] Connection refused"},
        0,
        "issuer",
        "the issuer does not answer: [Errno 111] Connection refused",
        "holdfast deploy",
    ),
    "a directory that is down": (
        {"sources": ["ldaps://ldap.example.com: timed out"]},
        0,
        "directory",
        "timed out",
        "registry_auth_directory_ca",
    ),
    "images without their blobs": (
        {"broken": LOST},
        0,
        "images",
        "team/app:1 and 7 others cannot be pulled: blobs are missing; there was no time to look at",
        "Run: holdfast cache flush, then push them again, or delete them",
    ),
    "a full disk": (
        {"disk_space": {**DISK_SPACE, "warnings": ["expected 5 % free, found 1.0 %"]}},
        0,
        "storage",
        "/srv/registry: expected 5 % free, found 1.0 %",
        "Make room, or grow it",
    ),
    "a clock that is ahead": ({}, 300, "clock", "5 min ahead of", "timedatectl"),
    "a clock that is behind": ({}, -20, "clock", "20 s behind", "timedatectl"),
    "a foreign drop-in": (
        {"drop_ins": [DROP_IN]},
        0,
        "units",
        f"{DROP_IN}: expected no drop-in, or its path in registry_service_drop_ins",
        f"Run on the host: rm {DROP_IN} && systemctl daemon-reload",
    ),
    "a file that was changed": (
        {"drift": ["generation 3: registry/config.yml differs"]},
        0,
        "generation",
        "registry/config.yml differs",
        "Run: holdfast deploy",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said_once_with_what_to_do(what: str) -> None:
    changes, offset, about, text, todo = WRONG[what]
    wrong = [one for one in findings(settings(), seen(**changes), offset) if one.state != "ok"]
    assert [one.about for one in wrong] == [about]
    assert text in wrong[0].text
    assert todo in wrong[0].todo


def test_status_is_not_intact_with_a_foreign_drop_in() -> None:
    found = seen(drop_ins=[DROP_IN])
    about = {(about, state) for about, state, _ in lines(settings(), found) if state != "ok"}
    assert about == {("units", "failed")}
    assert not any("intact" in text for *_, text in lines(settings(), found))
    meant = settings(registry_service_drop_ins=[DROP_IN])
    assert {state for _, state, _ in lines(meant, found)} == {"ok"}


def test_a_host_that_is_well_has_nothing_wrong() -> None:
    found = list(findings(settings(), seen(), 0.1))
    assert {one.state for one in found} == {"ok"}
    assert {"generation", "units", "storage", "clock"} <= {one.about for one in found}


BASE = {
    "registry_auth_directory_urls": ["ldaps://ldap.example.com"],
    "registry_auth_directory_user_base": "ou=people,dc=example,dc=com",
}
DIRECTORY = {
    "no address": ({"directory_urls": []}, "registry_auth_directory_urls: expected addresses"),
    "plain http": ({"directory_urls": ["http://x"]}, r"urls\[0\]: expected ldaps://HOST"),
    "no base": ({"directory_user_base": None}, "directory_user_base: expected a distinguished"),
    "a name and no password": (
        {"directory_bind_dn": "cn=x,dc=y"},
        "directory_bind_password: expected to be given together",
    ),
    "an open filter": ({"directory_user_filter": "(a=b))(|(c=d"}, "expected an LDAP filter"),
    "two filters": ({"directory_user_filter": "(a=b)(c=d)"}, "expected an LDAP filter"),
    "no filter": ({"directory_group_filter": "objectClass=x"}, "expected an LDAP filter"),
    "no attribute": ({"directory_name_attribute": "uid)(x"}, "expected the name of an attribute"),
}


@pytest.mark.parametrize("what", DIRECTORY)
def test_a_directory_that_cannot_work_is_refused(what: str) -> None:
    more, expected = DIRECTORY[what]
    flat = {**BASE, **{f"registry_auth_{name}": value for name, value in more.items()}}
    with pytest.raises(SettingsError, match=expected):
        settings(**{name: value for name, value in flat.items() if value is not None})


def test_a_directory_knows_users_and_groups_that_the_inventory_does_not() -> None:
    subjects = ["user:somebody", "group:developers"]
    rule = {"subjects": subjects, "repositories": ["**"], "actions": ["pull"]}
    assert settings(**BASE, registry_auth_rules=[rule])
    with pytest.raises(SettingsError, match="expected a user of registry_auth_users"):
        settings(registry_auth_rules=[rule])
