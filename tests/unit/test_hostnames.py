"""Host names: case does not matter, and each wrong form has its own words."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.settings import SettingsError, parse

WRONG = [
    (
        "10.0.0.1",
        'expected a DNS name, got "10.0.0.1" (an IP address). Clients check the certificate for a'
        " name: give the host one, in DNS or /etc/hosts",
    ),
    (
        "10.0.0.1:5000",
        'expected a DNS name, got "10.0.0.1:5000" (an IP address). Clients check the certificate'
        " for a name: give the host one, in DNS or /etc/hosts",
    ),
    (
        "[fd00::1]",
        'expected a DNS name, got "[fd00::1]" (an IP address). Clients check the certificate for'
        " a name: give the host one, in DNS or /etc/hosts",
    ),
    (
        "Registry.example.com:5000",
        'expected a DNS name, got "registry.example.com:5000" (a name with a port). Write'
        " registry.example.com, and registry_proxy_port: 5000",
    ),
    (
        "https://registry.example.com/",
        'expected a DNS name, got "https://registry.example.com/" (an address). Write'
        " registry.example.com alone",
    ),
    (
        "registry.example.com/v2",
        'expected a DNS name, got "registry.example.com/v2" (a name with a path). Write'
        " registry.example.com alone",
    ),
    (
        "registry.example.com.",
        'expected a DNS name, got "registry.example.com." (a name with a dot at its end). Write'
        " registry.example.com",
    ),
    (
        "*.example.com",
        'expected a DNS name, got "*.example.com" (a pattern for names). Write the one name that'
        " clients use, e.g. registry.example.com",
    ),
    (
        "büro.example.com",
        'expected a DNS name, got "büro.example.com" (a name with letters that DNS has not).'
        " Write xn--bro-hoa.example.com",
    ),
    (
        "my_registry.example.com",
        'expected a DNS name, got "my_registry.example.com" (a string). Give the name that clients'
        " use, e.g. registry.example.com",
    ),
]


@pytest.mark.parametrize(("given", "text"), WRONG)
def test_each_wrong_form_has_its_own_words(flat: dict[str, Any], given: str, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse({**flat, "registry_hostname": given})
    assert [str(one) for one in caught.value.complaints] == [f"registry_hostname: {text}"]


@pytest.mark.parametrize(
    ("change", "path", "value"),
    [
        ({"registry_hostname": "Registry.EXAMPLE.com"}, "hostname", "registry.example.com"),
        ({"registry_tls_ca_domains": ["Example.COM"]}, "tls.ca_domains", ("example.com",)),
        (
            {"registry_mirrors": [{"name": "hub", "url": "HTTPS://Quay.IO/", "hostname": "Hub.X"}]},
            "mirrors",
            ("https://quay.io", "hub.x"),
        ),
        (
            {
                "registry_tls_mode": "acme",
                "registry_tls_accept_terms": True,
                "registry_tls_directory": "https://User:Pass@CA.Example.COM/Dir",
            },
            "tls.directory",
            "https://User:Pass@ca.example.com/Dir",
        ),
        (
            {"registry_cache_mode": "external", "registry_cache_addresses": ["Cache.LAN:6379"]},
            "cache.addresses",
            ("cache.lan:6379",),
        ),
        ({"registry_proxy_addresses": ["FD00::1"]}, "proxy.addresses", ("fd00::1",)),
    ],
    ids=str,
)
def test_names_are_in_lower_case(
    flat: dict[str, Any], change: dict[str, Any], path: str, value: Any
) -> None:
    found: Any = parse({**flat, **change})
    for part in path.split("."):
        found = getattr(found, part)
    if path == "mirrors":
        found = (found[0].url, found[0].hostname)
    assert found == value


@pytest.mark.parametrize(
    "given",
    [
        "https://docker.io",
        "https://Docker.io/",
        "docker.io",
        "https://hub.docker.com",
        "https://index.docker.io",
        "https://docker.io/library",
    ],
)
@pytest.mark.parametrize("single", [True, False])
def test_docker_hub_is_named_with_the_right_address(
    flat: dict[str, Any], given: str, single: bool
) -> None:
    mirror = {"registry_mirrors": [{"name": "hub", "url": given}]}
    change = {"registry_upstream_url": given} if single else mirror
    with pytest.raises(SettingsError) as caught:
        parse({**flat, **change})
    name = "registry_upstream_url" if single else "registry_mirrors[0].url"
    assert (
        f"{name}: expected https://registry-1.docker.io, where Docker Hub's registry answers,"
        f' got "{given}". Write that address'
    ) in map(str, caught.value.complaints)
