"""Tokens as other issuers make them, with the real registries behind the proxy of a preview."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import jwt
import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    RegistryError,
    over_tls,
    two_layer_image,
)
from cryptography.hazmat.primitives.asymmetric import rsa

from holdfast.certificates import Authority
from holdfast.doctor import TokenPolicy, examine
from holdfast.jwks import Key
from holdfast.preview import Preview
from holdfast.rendering import render
from holdfast.settings import parse
from holdfast.verification import Target, run

KEY = rsa.generate_private_key(65537, 2048)
NAMES = Key(KEY.public_key())
REPOSITORY = "group/project"
VERSIONS = {
    "3.1.1": {"registry_distribution_checksum": "sha256:" + "a" * 64},
    "2.8.2": {"registry_distribution_source": "package", "registry_platform": "debian12"},
}


class Style(NamedTuple):
    """An issuer: the settings that its documentation leads to, and the tokens that it makes."""

    settings: Callable[[], dict[str, Any]]
    claims: dict[str, Any]
    kid: str
    versions: tuple[str, ...]
    """Registries that take its tokens."""


def certificate() -> str:
    """Return a certificate of the key, as `openssl req -x509` makes one for GitLab."""
    company = Authority.create("gitlab-issuer", 30, datetime.now(UTC))
    return company.certify("gitlab-issuer", KEY.public_key(), 30, datetime.now(UTC))


def service_key_id() -> str:
    """Return the id that Quay gives a service key: a sum over its members, in hexadecimal."""
    members = json.dumps(NAMES.jwk, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(members.encode()).hexdigest()


def quay_keys() -> str:
    return json.dumps({"keys": [{**NAMES.jwk, "kid": service_key_id(), "service": "quay"}]})


STYLES = {
    "gitlab": Style(
        lambda: {
            "registry_auth_realm": "https://gitlab.example.com/jwt/auth",
            "registry_auth_issuer": "gitlab-issuer",
            "registry_auth_service": "container_registry",
            "registry_auth_keys": certificate(),
            "registry_auth_algorithms": ["RS256"],
        },
        {
            "iss": "gitlab-issuer",
            "aud": "container_registry",
            "sub": "alice",
            "auth_type": "personal_access_token",
        },
        NAMES.libtrust,
        ("3.1.1", "2.8.2"),
    ),
    "quay": Style(
        lambda: {
            "registry_auth_realm": "https://quay.example.com/v2/auth",
            "registry_auth_issuer": "quay",
            "registry_auth_service": "quay.example.com",
            "registry_auth_keys": quay_keys(),
        },
        {
            "iss": "quay",
            "aud": "quay.example.com",
            "sub": "alice",
            "context": {"version": 2, "entity_kind": "user", "kind": "user", "user": "alice"},
        },
        service_key_id(),
        ("3.1.1",),
    ),
}


class TrustingPreview(NamedTuple):
    """A preview that trusts an issuer."""

    name: str
    style: Style
    version: str
    preview: Preview

    def token(self, actions: str, **more: Any) -> str:
        """Return a token as the issuer makes it."""
        now = int(time.time())
        access = [{"type": "repository", "name": REPOSITORY, "actions": actions.split(",")}]
        claims = {**self.style.claims, "iat": now, "nbf": now - 5, "exp": now + 300, **more}
        return jwt.encode({**claims, "access": access}, KEY, "RS256", {"kid": self.style.kid})

    def client(self, token: str) -> Client:
        """Return a client that shows a token to the proxy."""
        port = self.preview.settings.proxy.port
        cafile = str(self.preview.ca_file)
        return over_tls("localhost", port, address="127.0.0.1", cafile=cafile).bearing(token)


CASES = [(name, version) for name in STYLES for version in VERSIONS]


@pytest.fixture(scope="module", params=CASES, ids=[" ".join(case) for case in CASES])
def place(
    request: pytest.FixtureRequest, registry_binary: Path, packaged_registry_binary: Path
) -> Iterator[TrustingPreview]:
    name, version = request.param
    binary = registry_binary if version == "3.1.1" else packaged_registry_binary
    settings = parse(
        {
            "registry_hostname": "registry.example.com",
            "registry_auth_mode": "external_token",
            **VERSIONS[version],
            **STYLES[name].settings(),
        }
    )
    with Preview(settings, binary) as preview:
        yield TrustingPreview(name, STYLES[name], version, preview)


def test_push_and_pull(place: TrustingPreview) -> None:
    image, token = two_layer_image("external"), place.token("pull,push")
    client = place.client(token)
    trust = TokenPolicy.of(render(place.preview.settings), place.version)
    found = examine(token, trust, time.time(), f"repository:{REPOSITORY}:pull,push")
    if place.version not in place.style.versions:
        with pytest.raises(RegistryError, match="401"):
            client.push(REPOSITORY, "latest", image)
        assert found.reasons == ["kid"]
        return
    assert found.accepted, found
    client.push(REPOSITORY, "latest", image)
    assert place.client(place.token("pull")).pull(REPOSITORY, "latest") == image


@pytest.mark.parametrize(
    "changes",
    [{"aud": "another"}, {"iss": "another"}, {"exp": int(time.time()) - 100}, {"nbf": 9999999999}],
)
def test_other_tokens_are_refused(place: TrustingPreview, changes: dict[str, Any]) -> None:
    token = place.token("pull,push", **changes)
    path = f"/v2/{REPOSITORY}/tags/list"
    assert place.client(token).request("GET", path).status == 401


def test_a_pull_is_no_push(place: TrustingPreview) -> None:
    with pytest.raises(RegistryError, match="401"):
        place.client(place.token("pull")).push(REPOSITORY, "x", two_layer_image("external"))


def test_what_we_render_passes_its_verification(place: TrustingPreview) -> None:
    target = Target("r1", place.preview.settings, None, "127.0.0.1", place.preview.ca_file)
    results = run([target])
    assert [outcome.text for outcome in results.failures] == []
    passed = {outcome.check for outcome in results.outcomes if outcome.state == "passed"}
    assert {"auth.asked-for-token", "auth.forged-token", "auth.closed"} <= passed
