"""Login modes, and refusals of a registry without logins."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.rendering import render
from holdfast.rendering.probe import probe
from holdfast.settings import SettingsError, parse

CHECKSUM = "sha256:" + "0" * 64
OPEN = {
    "registry_hostname": "registry.example.com",
    "registry_distribution_checksum": CHECKSUM,
    "registry_auth_mode": "none",
}
LOAD_BALANCER = {"registry_tls_mode": "external", "registry_tls_trusted_proxies": ["10.0.0.1"]}

SAFE: list[dict[str, Any]] = [
    {"registry_auth_accept_open_access": True},
    {"registry_proxy_addresses": ["127.0.0.1", "::1", "10.1.2.3", "192.168.0.9", "fd00::1"]},
    {"registry_mtls_verify": "require"},
    {**LOAD_BALANCER, "registry_auth_accept_open_access": True},
]
PUBLIC: list[tuple[dict[str, Any], str]] = [
    ({}, "0.0.0.0, ::"),
    ({"registry_proxy_addresses": ["10.0.0.1", "8.8.8.8"]}, "8.8.8.8"),
    ({"registry_proxy_addresses": ["2a00::1"]}, "2a00::1"),
    ({"registry_mtls_verify": "optional"}, "0.0.0.0, ::"),
    (LOAD_BALANCER, "a load balancer"),
]


@pytest.mark.parametrize("more", SAFE, ids=str)
def test_without_logins_where_strangers_cannot_come(more: dict[str, Any]) -> None:
    settings = parse({**OPEN, **more})
    assert probe(settings)["login"] is False
    assert "logins/htpasswd" not in render(settings)


def test_anonymous_pulls_where_strangers_come(flat: dict[str, Any]) -> None:
    pull = {**flat, "registry_auth_anonymous": "pull"}
    with pytest.raises(SettingsError) as caught:
        parse(pull)
    assert [str(one) for one in caught.value.complaints] == [
        "registry_auth_accept_open_access: expected true, for registry_auth_anonymous is pull and"
        " 0.0.0.0, :: can be reached by strangers, got false. It says that you accept that they"
        " need no login; or listen on loopback or private addresses alone"
        " (registry_proxy_addresses)"
    ]
    accepted = parse({**pull, "registry_auth_accept_open_access": True})
    assert probe(accepted)["login"] is True
    assert "location = /token" in render(accepted)["proxy/nginx.conf"].content
    assert "location = /token" not in render(parse(flat))["proxy/nginx.conf"].content


@pytest.mark.parametrize(("more", "place"), PUBLIC, ids=str)
def test_without_logins_where_strangers_come(more: dict[str, Any], place: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse({**OPEN, **more})
    assert [str(one) for one in caught.value.complaints] == [
        "registry_auth_accept_open_access: expected true, for registry_auth_mode is none and"
        f" {place} can be reached by strangers, got false. It says that you accept that they need"
        " no login; or listen on loopback or private addresses alone (registry_proxy_addresses)"
    ]


def test_a_disabled_user_is_not_rendered(flat: dict[str, Any]) -> None:
    gone = {"name": "gone", "password": "was-here-before", "disabled": True}
    users = [gone, *flat["registry_auth_users"]]
    settings = parse({**flat, "registry_auth_users": users})
    assert "gone" not in render(settings)["logins/htpasswd"].content
    assert settings.probe_user is not None
    assert settings.probe_user.name == "alice"
