"""The address of metrics: off by default, guarded, and apart from the registry's own."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from holdfast.certificates import Authority
from holdfast.errors import InputError
from holdfast.rendering import render
from holdfast.rendering.calendars import DAY, longest_gap
from holdfast.settings import parse

TOKEN = "t" * 40
GUARDED = {
    "registry_metrics_listen": "192.0.2.10:9464",
    "registry_metrics_allow": ["198.51.100.0/24", "2001:db8::/32"],
    "registry_metrics_token": TOKEN,
}
HERE = {"registry_metrics_listen": "127.0.0.1:9464"}
CONFIG = "proxy/nginx.conf"


def of_metrics(config: str) -> str:
    """Return the text of the one server that has metrics."""
    servers = config.split("\n  server {\n")[1:]
    (found,) = (one for one in servers if "location = /metrics" in one)
    assert "registry.example.com" not in found.partition("location = /metrics")[0]
    return found


def test_it_is_off_and_nothing_of_it_is_on_a_host(flat: dict[str, Any]) -> None:
    tree = render(parse(flat))
    assert not [path for path in tree if "facts" in path or "metrics" in path]
    assert "/metrics" not in tree[CONFIG].content and "received" not in tree[CONFIG].content


def test_on_loopback_nothing_else_is_needed(flat: dict[str, Any]) -> None:
    tree = render(parse({**flat, **HERE}))
    server = of_metrics(tree[CONFIG].content)
    assert "listen 127.0.0.1:9464;" in server and "ssl_certificate" not in server
    assert "facts/token.sha256" not in tree
    streams = [
        line
        for line in tree["systemd/holdfast-proxy.socket"].content.splitlines()
        if line.startswith("ListenStream")
    ]
    assert streams[-1] == "ListenStream=/run/holdfast-facts/health.sock"
    (given,) = (
        line
        for line in tree["systemd/holdfast-proxy.service"].content.splitlines()
        if line.startswith("Environment=NGINX=")
    )
    numbers = [int(one) for one in given.partition("NGINX=")[2].rstrip(";").split(":")]
    assert numbers == list(range(3, 3 + len(streams)))


def test_elsewhere_it_has_tls_a_list_and_a_token_that_no_file_shows(flat: dict[str, Any]) -> None:
    tree = render(parse({**flat, **GUARDED}))
    server = of_metrics(tree[CONFIG].content)
    assert "listen 192.0.2.10:9464 ssl;" in server and "ssl_certificate_key" in server
    assert "allow 198.51.100.0/24;\n    allow 2001:db8::/32;\n    deny all;" in server
    assert not [path for path, file in tree.items() if TOKEN in file.content]
    digest = tree["facts/token.sha256"]
    assert digest.content.strip() == hashlib.sha256(TOKEN.encode()).hexdigest()
    assert (digest.mode, digest.group, digest.sensitive) == (0o440, "holdfast-facts", True)


def test_the_firewall_opens_the_port_to_the_list_alone(flat: dict[str, Any]) -> None:
    host = {"registry_hardening_profile": "host"}
    rules = render(parse({**flat, **host, **GUARDED}))["hardening/firewall.nft"].content
    opened = [line.split(" ct ")[0].strip() for line in rules.splitlines() if "9464" in line]
    assert opened == [
        "tcp dport 9464 ip saddr { 198.51.100.0/24 }",
        "tcp dport 9464 ip6 saddr { 2001:db8::/32 }",
    ]
    here = render(parse({**flat, **host, **HERE}))["hardening/firewall.nft"].content
    assert "9464" not in here


def test_no_certificate_here_means_loopback_alone(flat: dict[str, Any]) -> None:
    outside = {
        **{key: value for key, value in flat.items() if "tls" not in key},
        "registry_tls_mode": "external",
        "registry_tls_trusted_proxies": ["192.0.2.1"],
    }
    assert parse({**outside, **HERE}).metrics.on_loopback
    with pytest.raises(InputError, match="registry_metrics_listen"):
        parse({**outside, **GUARDED})


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"registry_metrics_allow": []}, "registry_metrics_allow"),
        ({"registry_metrics_token": "short"}, "registry_metrics_token"),
        ({"registry_metrics_listen": "192.0.2.10:443"}, "registry_metrics_listen"),
        ({"registry_metrics_listen": "192.0.2.300:9464"}, "registry_metrics_listen"),
        ({"registry_metrics_listen": "9464"}, "registry_metrics_listen"),
    ],
)
def test_an_address_without_a_guard_is_refused(
    flat: dict[str, Any], changes: dict[str, Any], key: str
) -> None:
    with pytest.raises(InputError, match=key):
        parse({**flat, **GUARDED, **changes})


def test_it_needs_a_token_or_a_client_certificate(flat: dict[str, Any]) -> None:
    bare = {key: value for key, value in GUARDED.items() if not key.endswith("token")}
    with pytest.raises(InputError, match="registry_metrics_token"):
        parse({**flat, **bare})


def test_the_authority_of_clients_is_that_of_the_same_generation(flat: dict[str, Any]) -> None:
    bare = {key: value for key, value in GUARDED.items() if not key.endswith("token")}
    own = Authority.create("scrapers", 30, datetime.now(UTC)).pem
    tree = render(parse({**flat, **bare, "registry_metrics_client_ca": own}))
    # Relative to the configuration: a staged one is tested before it serves.
    assert "ssl_client_certificate metrics-ca.pem;" in of_metrics(tree[CONFIG].content)
    assert tree["proxy/metrics-ca.pem"].content.strip() == own.strip()
    # The proxy is reloaded for another configuration, so another authority makes another one.
    other = Authority.create("others", 30, datetime.now(UTC)).pem
    again = render(parse({**flat, **bare, "registry_metrics_client_ca": other}))
    assert again[CONFIG].content != tree[CONFIG].content


@pytest.mark.parametrize(
    ("calendar", "days"),
    [("*-*-* 02:30:00", 1), ("Sun 03:00", 7), ("*-*-01 03:00", 31), ("*-01-01", 366)],
)
def test_a_gap_is_never_estimated_too_short(calendar: str, days: int) -> None:
    assert longest_gap(calendar) == days * DAY
