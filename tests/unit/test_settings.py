"""The settings: refusals and their texts, and the parsed values."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from holdfast.settings import SettingsError, parse

PASSWORD = "correct-horse-battery"

ACME = {"registry_tls_mode": "acme", "registry_tls_accept_terms": True}
EXTERNAL = {"registry_tls_mode": "external", "registry_tls_trusted_proxies": ["127.0.0.1"]}
OWN = {
    "registry_tls_mode": "own",
    "registry_tls_certificate": "x.pem",
    "registry_tls_key": "x.key",
}

WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"registry_proxy_port": "https"},
        'registry_proxy_port: expected a port from 1 to 65535, got "https" (a string)',
    ),
    (
        {"registry_proxy_port": 70000},
        "registry_proxy_port: expected a port from 1 to 65535, got 70000",
    ),
    (
        {"registry_hostnme": "x"},
        "registry_hostnme: no such setting. Did you mean registry_hostname?",
    ),
    (
        {"registry_log_quite_other_thing": 1},
        "registry_log_quite_other_thing: no such setting. docs/settings.md lists every setting",
    ),
    (
        {"registry_tls_certificate": "x.pem"},
        "registry_tls_certificate: given, but registry_tls_mode is private_ca."
        " Remove it, or set registry_tls_mode: own",
    ),
    (
        {"registry_tls_mode": "certbot"},
        "registry_tls_mode: expected one of private_ca, own, acme, external,"
        ' got "certbot" (a string)',
    ),
    (
        {"registry_tls_mode": "acme"},
        "registry_tls_accept_terms: expected true, got nothing."
        " It says that you accept the terms of service of the ACME server",
    ),
    (
        {**ACME, "registry_tls_challenge": "rfc2136"},
        "registry_tls_dns_server: expected a value, for registry_tls_challenge is rfc2136,"
        " got nothing. Give it",
    ),
    (
        {**ACME, "registry_tls_eab_kid": "kid-1"},
        "registry_tls_eab_kid: expected to be given together with registry_tls_eab_hmac. Give both",
    ),
    (
        {**ACME, "registry_tls_staging": True, "registry_tls_directory": "https://ca.test/dir"},
        "registry_tls_staging: expected false, for registry_tls_directory is not Let's Encrypt's."
        " Give the address of your server's own staging directory",
    ),
    (
        {**ACME, "registry_proxy_http_port": 0},
        "registry_proxy_http_port: expected 80, for registry_tls_challenge is http, got 0."
        " ACME servers connect only to port 80; or choose rfc2136 or hook",
    ),
    (
        {"registry_tls_mode": "external"},
        "registry_tls_trusted_proxies: expected a list of addresses or networks, got nothing."
        ' e.g. ["127.0.0.1", "10.0.0.0/28"]',
    ),
    (
        {**EXTERNAL, "registry_tls_trusted_proxies": ["10.0.0.1/8"]},
        "registry_tls_trusted_proxies[0]: expected an address or a network,"
        ' got "10.0.0.1/8" (a string). e.g. 10.0.0.5 or 10.0.0.0/28',
    ),
    (
        {**EXTERNAL, "registry_mtls_verify": "require"},
        "registry_mtls_verify: expected off, for registry_tls_mode is external."
        " Ask for client certificates at the load balancer",
    ),
    (
        {**OWN, "registry_tls_key": "host:/etc/x.key"},
        "registry_tls_certificate: expected certificate and key in the same place."
        " On the host (host:/path) there are two files, without a passphrase, and no second pair",
    ),
    (
        {**OWN, "registry_tls_rsa_key": "x.key"},
        "registry_tls_rsa_certificate: expected to be given together with registry_tls_rsa_key."
        " Give both, or none",
    ),
    (
        {
            **OWN,
            "registry_tls_stapling": True,
            "registry_tls_rsa_certificate": "r.pem",
            "registry_tls_rsa_key": "r.key",
        },
        "registry_tls_stapling: expected false, for there are two certificates, and nginx would"
        " show the same OCSP answer with both. Give one certificate, or no answers",
    ),
    (
        {"registry_mtls_crl_url": "http://ca.test/list.crl"},
        "registry_mtls_crl: expected the list to begin with, for registry_mtls_crl_url is given,"
        " got nothing. Fetch it once",
    ),
    (
        {"registry_mtls_crl": "list.pem"},
        "registry_mtls_ca: expected to be given together with registry_mtls_crl."
        " Our own authority makes its list itself",
    ),
    (
        {"registry_distribution_version": "3.1.0"},
        "registry_distribution_version: expected a version of CNCF Distribution: 3.1.1 or newer,"
        ' or 2.8.x, got "3.1.0" (a string).'
        " 3.0.0 to 3.1.0 have known vulnerabilities (CVE-2026-35172, CVE-2026-33540)",
    ),
    (
        {"registry_storage_delete": "sometimes"},
        'registry_storage_delete: expected true or false, got "sometimes" (a string)',
    ),
    (
        {"registry_log_level": "trace"},
        'registry_log_level: expected one of error, warn, info, debug, got "trace" (a string)',
    ),
    (
        {"registry_auth_users": [{"name": "alice"}]},
        "registry_auth_users[0]: expected either password or password_hash. Give one of the two",
    ),
    (
        {"registry_auth_users": [{"name": "a", "password": "short"}]},
        "registry_auth_users[0].password: expected a password of 8 to 72 bytes on one line,"
        " got a secret that is not shown. Keep it in a vault, or give password_hash",
    ),
    (
        {"registry_auth_users": [{"name": "alice", "password": "Alice2026!"}]},
        "registry_auth_users[0].password: expected a password that is not among the most common"
        " ones and not the name. Make one with: holdfast user password NAME --generate",
    ),
    (
        {"registry_auth_users": [{"name": "a", "password": PASSWORD, "disabled": True}]},
        "registry_auth_users: expected a user that is not disabled. Enable or add one",
    ),
    (
        {"registry_auth_users": [{"name": "a", "password": PASSWORD}] * 2},
        "registry_auth_users: expected each name once, got a. Remove one of the two",
    ),
    (
        {"registry_tls_renew_days": 90},
        "registry_tls_renew_days: expected fewer days than registry_tls_days (90)."
        " Lower it, or every deploy would renew the certificate",
    ),
    (
        {"registry_proxy_http_port": 443},
        "registry_proxy_http_port: expected a port other than registry_proxy_port."
        " Use 0 for no redirect",
    ),
    (
        {"registry_storage_directory": "/srv/../etc"},
        "registry_storage_directory: expected an absolute path without spaces, '.' or '..',"
        ' got "/srv/../etc" (a string). e.g. /srv/registry',
    ),
]


@pytest.mark.parametrize(("change", "expected"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_value_is_told_exactly(
    flat: dict[str, Any], change: dict[str, Any], expected: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        parse({**flat, **change})
    assert [str(one) for one in caught.value.complaints] == [expected]


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        parse({"registry_proxy_port": 0, "registry_log_level": 1, "registry_log_levle": 1})
    names = [one.variable for one in caught.value.complaints]
    assert names == sorted(names)
    assert {
        "registry_auth_users",
        "registry_hostname",
        "registry_log_level",
        "registry_log_levle",
        "registry_proxy_port",
    } <= set(names)


def test_other_variables_are_nobodys_business(flat: dict[str, Any]) -> None:
    assert parse({**flat, "ansible_host": "10.0.0.1", "nginx_port": "x"}) == parse(flat)


def test_defaults_and_derived_values(flat: dict[str, Any]) -> None:
    settings = parse({**flat, "registry_proxy_port": 8443})
    assert settings.version == "3.1.1"
    assert settings.url == "https://registry.example.com:8443"
    assert parse(flat).url == "https://registry.example.com"
    assert settings.probe_user is not None
    assert settings.probe_user.name == "alice"


def test_settings_are_frozen(flat: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        setattr(parse(flat), "hostname", "other.example.com")  # noqa: B010 -- mypy knows, too


def test_a_secret_is_never_shown(flat: dict[str, Any]) -> None:
    secret = "s" * 40
    settings = parse({**flat, "registry_http_secret": secret})
    for text in (repr(settings), str(settings), settings.model_dump_json()):
        assert PASSWORD not in text
        assert secret not in text
    with pytest.raises(SettingsError) as caught:
        parse({**flat, "registry_http_secret": "tooshort"})
    assert "tooshort" not in str(caught.value)
