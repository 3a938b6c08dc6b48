"""The proxy for what leaves the host: settings, variables, and who has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.system.outbound import (
    login,
    proxy_for,
    read,
)

from holdfast.deploying import desired
from holdfast.rendering import render
from holdfast.rendering.outbound import environment
from holdfast.settings import SettingsError, parse

PROXY = "http://agent:s3cr3t%40word@proxy.example.com:3128"
MIRROR = {"name": "hub", "url": "https://registry-1.docker.io", "anonymous": True}
VARIABLES = {
    "HTTPS_PROXY": "http://a:1",
    "HTTP_PROXY": "http://b:1",
    "NO_PROXY": "localhost,10.0.0.0/8,fd00::/8,.below.test,example.test,one.test:8443",
}
WAYS = {
    "https://registry-1.docker.io/v2/": "http://a:1",
    "http://deb.debian.org": "http://b:1",
    "https://10.1.2.3:9000": "",
    "https://11.1.2.3:9000": "http://a:1",
    "https://[fd00::5]": "",
    "https://localhost:5000": "",
    "http://127.0.0.9": "",
    "http://[::1]:80": "",
    "https://x.below.test": "",
    "https://below.test": "http://a:1",
    "https://example.test": "",
    "https://deep.x.example.test": "",
    "https://notexample.test": "http://a:1",
    "https://one.test:8443": "",
    "https://one.test": "http://a:1",
}


@pytest.mark.parametrize("address", WAYS)
def test_the_way_to_an_address(address: str) -> None:
    assert proxy_for(address, VARIABLES) == WAYS[address]
    assert not proxy_for(address, {**VARIABLES, "NO_PROXY": "*"})
    assert not proxy_for(address, {})


def test_a_login_is_decoded() -> None:
    assert login(PROXY) == {"Proxy-Authorization": "Basic YWdlbnQ6czNjcjN0QHdvcmQ="}
    assert login("http://proxy:3128") == {}


def test_own_names_and_the_cache_are_reached_directly(flat: dict[str, Any]) -> None:
    given = {
        **flat,
        "registry_outbound_proxy": PROXY,
        "registry_outbound_no_proxy": [".corp.example", "10.0.0.0/8"],
        "registry_aliases": ["old.example.com"],
        "registry_proxy_addresses": ["192.0.2.7"],
        "registry_cache_mode": "external",
        "registry_cache_addresses": ["cache.example.com:6379"],
    }
    found = environment(parse(given))["NO_PROXY"].split(",")
    expected = {"localhost", "127.0.0.0/8", "::1", "169.254.169.254", flat["registry_hostname"]}
    expected |= {"old.example.com", "192.0.2.7", "cache.example.com", ".corp.example", "10.0.0.0/8"}
    assert expected <= {*found}
    assert environment(parse(flat)) == {}


def test_those_that_leave_the_host_have_it_and_nobody_else_reads_it(
    flat: dict[str, Any], tmp_path: Path
) -> None:
    acme = {"registry_tls_mode": "acme", "registry_tls_accept_terms": True}
    own = parse({**flat, **acme, "registry_outbound_proxy": PROXY, "registry_mirrors": [MIRROR]})
    tree = render(own)
    having = {path for path, file in tree.items() if "s3cr3t" in file.content}
    assert having == {"mirrors/hub/secrets.env", "agent/outbound.env"}
    assert all((tree[path].sensitive, tree[path].mode) == (True, 0o400) for path in having)
    unit = tree["systemd/holdfast-certificates-fetch.service"].content
    assert "EnvironmentFile=/etc/holdfast/current/agent/outbound.env\n" in unit
    (tmp_path / "secrets.env").write_text(tree["mirrors/hub/secrets.env"].content)
    assert read(str(tmp_path / "secrets.env")) == environment(own)
    assert read(str(tmp_path / "none")) == {}
    assert "s3cr3t" not in json.dumps(desired(own).manifest("somebody")) + repr(own)


def test_a_registry_without_a_network_has_none(flat: dict[str, Any]) -> None:
    tree = render(parse({**flat, "registry_outbound_proxy": PROXY}))
    assert not any("s3cr3t" in file.content for file in tree.values())


@pytest.mark.parametrize(
    "value",
    [
        "https://agent:s3cr3t@proxy.example.com:3128",
        "socks5://agent:s3cr3t@proxy:1080",
        "proxy.example.com:3128",
        "http://agent:s3 cr3t@proxy:3128",
        "http://agent:s3cr3t@proxy:3128/path",
        'http://agent:s3cr3t"@proxy:3128',
        "http://agent:s3cr3t@@proxy:3128",
    ],
)
def test_another_address_of_a_proxy_is_refused_without_being_shown(
    value: str, flat: dict[str, Any]
) -> None:
    for name in ("registry_outbound_proxy", "registry_outbound_controller_proxy"):
        with pytest.raises(SettingsError, match="expected the address of an HTTP proxy") as error:
            parse({**flat, name: value})
        assert "s3" not in str(error.value)


@pytest.mark.parametrize("value", ["http://x", "a b", "10.0.0.1/8", "x;y", "a/b", '"', "", "::g"])
def test_another_entry_of_no_proxy_is_refused(value: str, flat: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="expected a name, an address or a network"):
        parse({**flat, "registry_outbound_no_proxy": [value]})
