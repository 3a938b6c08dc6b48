"""Tokens of an external issuer on a host: a deploy, a new key, and back to passwords."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    over_tls,
    two_layer_image,
)
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from holdfast.jwks import Key
from tests.hosts.conftest import NAME, PASSWORD, Site

FIRST = rsa.generate_private_key(65537, 2048)
SECOND = ec.generate_private_key(ec.SECP256R1())
ISSUER = "https://issuer.example.com/realms/team"
REPOSITORY = "team/app"


def keys(*privates: Any) -> str:
    listed = [Key(private.public_key()).jwk for private in privates]
    return json.dumps({"keys": listed})


def token(private: Any, algorithm: str, **more: Any) -> str:
    now = int(time.time())
    access = [{"type": "repository", "name": REPOSITORY, "actions": ["pull", "push"]}]
    claims = {"iss": ISSUER, "aud": NAME, "sub": "alice", "access": access}
    times = {"iat": now, "nbf": now, "exp": now + 300}
    kid = Key(private.public_key()).libtrust
    return jwt.encode({**claims, **times, **more}, private, algorithm, {"kid": kid})


def bearing(site: Site, text: str) -> Client:
    ca = str(site.folder / "pki" / "ca.crt")
    return over_tls(NAME, 443, address=site.host.address, cafile=ca, timeout=60).bearing(text)


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Iterator[Site]:
    site = new_site(
        registry_auth_mode="external_token",
        registry_auth_users=None,
        registry_auth_realm=f"{ISSUER}/auth",
        registry_auth_issuer=ISSUER,
        registry_auth_keys=keys(FIRST),
    )
    site.deploy()
    yield site


def test_tokens_of_the_issuer_get_in(site: Site) -> None:
    assert "nothing to do" in site.deploy()
    image, client = two_layer_image("external"), bearing(site, token(FIRST, "RS256"))
    assert client.push(REPOSITORY, "1", image) == image.digest
    assert client.pull(REPOSITORY, "1") == image
    assert bearing(site, token(SECOND, "ES256")).check() == 401


def test_what_is_deployed_passes_the_verification(site: Site) -> None:
    done = site.holdfast("verify", "--by-address")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_new_key_of_the_issuer_and_the_old_one_are_good(site: Site) -> None:
    site.deploy(registry_auth_keys=keys(FIRST, SECOND))
    for text in (token(FIRST, "RS256"), token(SECOND, "ES256")):
        assert bearing(site, text).request("GET", f"/v2/{REPOSITORY}/tags/list").status == 200
    done = site.holdfast("rollback")
    assert done.returncode == 0, done.stdout + done.stderr
    assert bearing(site, token(SECOND, "ES256")).check() == 401


def test_passwords_and_back(site: Site) -> None:
    named = ("realm", "issuer", "keys")
    mode = {f"registry_auth_{name}": site.variables[f"registry_auth_{name}"] for name in named}
    users = [{"name": "alice", "password": PASSWORD}]
    nothing: dict[str, Any] = dict.fromkeys(mode)
    site.deploy(registry_auth_mode="htpasswd", registry_auth_users=users, **nothing)
    assert site.client().pull(REPOSITORY, "1")
    assert bearing(site, token(FIRST, "RS256")).check() == 401
    site.deploy(registry_auth_mode="external_token", registry_auth_users=None, **mode)
    assert bearing(site, token(FIRST, "RS256")).pull(REPOSITORY, "1")
