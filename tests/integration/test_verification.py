"""Each check from outside: it passes with what we render, and fails when that is sabotaged."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from holdfast.settings import Settings, parse
from holdfast.verification import Results, Target, run
from holdfast.verification.controls import chosen
from tests.integration import pairs

NOT_HERE = {
    "TLS ends at the proxy itself",
    "there is one certificate",
    "registry_mtls_verify is off",
    "OpenSSL 3.0 of Debian 12 has none",
    "registry_auth_mode is htpasswd",
    "registry_auth_anonymous is none",
    "there is none (registry_mirrors, registry_upstream_url)",
}
NOT_SEEN = {"looked at from outside only. Run it without --outside"}
CERTIFICATE = "../../tls/current/certificate.pem"
KEY = "../../tls/current/key.pem"
OWN_PAIR = f"ssl_certificate {CERTIFICATE}; ssl_certificate_key {KEY};"


def two_ports() -> tuple[int, int]:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        return one.getsockname()[1], two.getsockname()[1]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pair")


@pytest.fixture(scope="module")
def given(directory: Path) -> dict[str, Any]:
    port, http_port = two_ports()
    return {
        "registry_hostname": "registry.test.example",
        "registry_platform": "debian12",
        "registry_distribution_checksum": "sha256:" + "0" * 64,
        "registry_auth_users": [{"name": "bob", "password": "wonderland"}],
        "registry_auth_realm": "Looking Glass",
        "registry_storage_directory": str(directory / "data"),
        "registry_proxy_addresses": ["127.0.0.1"],
        "registry_proxy_port": port,
        "registry_proxy_http_port": http_port,
    }


@pytest.fixture(scope="module")
def settings(given: dict[str, Any]) -> Settings:
    return parse(given)


@pytest.fixture(scope="module")
def target(directory: Path, settings: Settings, registry_binary: Path) -> Iterator[Target]:
    cafile = pairs.prepare(directory, settings)
    with pairs.registry(registry_binary, directory, settings):
        yield Target("r1", settings, address="127.0.0.1", cafile=cafile)


def failing(results: Results) -> set[str]:
    return {outcome.check for outcome in results.failures}


def test_what_we_render_passes(directory: Path, settings: Settings, target: Target) -> None:
    with pairs.proxy(directory, settings, lambda text: text):
        results = run([target])
    assert [outcome.text for outcome in results.failures] == []
    assert {o.text for o in results.outcomes if o.state == "not_applicable"} == NOT_HERE
    assert {o.text for o in results.outcomes if o.state == "not_checked"} == NOT_SEEN
    shown = {o.check: o.evidence for o in results.outcomes}
    assert "GET /v2/ → 401" in shown["auth.asked"]
    assert any("TLSv1.3" in line for line in shown["tls.versions"])
    # Neither a password nor what a login is sent as.
    assert not re.search("wonderland|Basic |Bearer |_state=", str(shown))
    assert results.total.passed > 25


GUESSED = {"auth.wrong-password", "auth.empty-password", "auth.unknown-user"}
AUTH = {
    *("auth.asked", "auth.closed", "auth.wrong-password", "auth.empty-password"),
    "auth.unknown-user",
}


SABOTAGE: list[tuple[str, str, set[str]]] = [
    ("auth_request /_login;", "", AUTH),
    ("try_files /nonexistent @right;", "return 204;", GUESSED),
    ("Looking Glass", "Wonderland", {"auth.asked"}),
    ("auth_basic_user_file $users;", "return 403;", {"auth.right-password"}),
    ("TLSv1.2 TLSv1.3", "TLSv1.2", {"tls.versions"}),
    (
        "ssl_protocols TLSv1.2 TLSv1.3;\n  ssl_ciphers ",
        "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;\n  ssl_ciphers ECDHE-ECDSA-AES128-SHA:"
        "@SECLEVEL=0:",
        {"tls.old-versions", "tls.weak-ciphers"},
    ),
    ("ssl_reject_handshake on;", OWN_PAIR, {"tls.other-names"}),
    ("server_tokens off;", "", {"http.version"}),
    ("|PATCH|DELETE)$", "|PATCH|DELETE|OPTIONS)$", {"http.methods"}),
    ("return 404;", "return 200 open;", {"http.paths"}),
    ("$request_uri;", "$uri/elsewhere;", {"http.redirect"}),
    ("limit_conn address", "error_page 497 =200 /v2;\n    limit_conn address", {"http.plain"}),
    (
        "/v2/ {\n      include headers.conf;",
        "/v2/ {",
        {"http.hsts", "http.nosniff", "http.frames"},
    ),
    (
        "auth_request /_login;",
        "auth_request /_login; add_header Access-Control-Allow-Origin * always;",
        {"http.origins"},
    ),
    ("|PUT|POST|", "|POST|", {"images.push", "auth.closed"}),
    (
        "auth_request /_login;",
        "auth_request /_login; if ($request_uri ~ verify/manifests/sha256) { return 404; }",
        {"images.pull"},
    ),
    ("|PATCH|DELETE)$", "|PATCH)$", {"auth.closed"}),
    ("limit_req_status 429;", "limit_req_status 429; limit_req_dry_run on;", {"auth.limited"}),
    ("proxy_cache_valid 204 403 600s;", "", {"auth.warm-client"}),
    (
        "auth_request /_login;",
        "auth_request /_login; if ($request_id ~ ^[0-7]) { return 429; }",
        {"auth.asking-is-free"},
    ),
]
"""Text of the proxy's configuration, what takes its place, and the controls that see it."""


@pytest.mark.parametrize(("before", "after", "checks"), SABOTAGE)
def test_sabotage_is_found(
    before: str,
    after: str,
    checks: set[str],
    *,
    directory: Path,
    settings: Settings,
    target: Target,
) -> None:
    edited = []

    def edit(text: str) -> str:
        edited.append(before in text)
        return text.replace(before, after)

    with pairs.proxy(directory, settings, edit):
        results = run([target], controls=chosen(only=checks))
    assert any(edited)
    assert checks <= failing(results), [outcome.text for outcome in results.failures]


BUCKET = {
    "registry_storage_driver": "s3",
    "registry_storage_region": "eu-central-1",
    "registry_storage_bucket": "images",
    "registry_storage_redirect": True,
}
OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "storage.redirect": (
        {**BUCKET, "registry_storage_directory": None},
        "307 to the storage (registry_storage_redirect), found 200",
    ),
    "storage.readonly": ({"registry_storage_readonly": True}, "expected 405"),
    "tls.kinds": ({"registry_tls_key_type": "both"}, "expected an RSA certificate"),
    "tls.client-certificates": (
        {"registry_mtls_verify": "require"},
        "expected 403 without a certificate, found 401",
    ),
}
"""By control: settings that expect something else than what serves, and what it says."""


def test_other_settings_than_those_of_what_serves_are_found(
    directory: Path, given: dict[str, Any], settings: Settings, target: Target
) -> None:
    with pairs.proxy(directory, settings, lambda text: text):
        found = {control: _judged(control, given, target) for control in OTHERS}
    assert {name: text for name, text in found.items() if OTHERS[name][1] not in text} == {}


def _judged(control: str, given: dict[str, Any], target: Target) -> str:
    """Return what a control says of other settings; empty if it is not red."""
    changed = {**given, **OTHERS[control][0]}
    other = parse({name: value for name, value in changed.items() if value is not None})
    results = run([replace(target, settings=other)], controls=chosen(only=[control]))
    return next((one.text for one in results.failures if one.check == control), "")
