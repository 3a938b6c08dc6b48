"""A verification's temporary user, at a real gate and a real issuer."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    two_layer_image,
)
from pydantic import SecretStr

from holdfast.certificates import Authority
from holdfast.settings import Settings, parse
from holdfast.verification import Login, Target, run, verifiers
from holdfast.verification.controls import chosen
from holdfast.verification.network.endpoint import Endpoint
from testhosts import slapd
from testhosts.machine import HarnessError
from tests.integration import pairs
from tests.integration.test_ldap import starts
from tests.integration.test_verification import two_ports
from tests.skips import lacks

HASH = "$2b$10$" + "a" * 53
"""No password has it, as far as anybody knows."""
RULES = [
    {"subjects": ["user:bob"], "repositories": ["**"], "actions": ["push", "delete"]},
    {"subjects": ["user:bob"], "actions": ["catalog"]},
]
MODES: dict[str, dict[str, Any]] = {
    "htpasswd": {},
    "anonymous": {"registry_auth_anonymous": "pull"},
    "token": {"registry_auth_mode": "token", "registry_auth_rules": RULES},
    "directory": {
        "registry_auth_mode": "token",
        "registry_auth_rules": RULES,
        "registry_auth_users": [],
        "registry_auth_directory_user_base": f"ou=people,{slapd.BASE}",
    },
}
OWN = {
    "htpasswd": {"auth.warm-client"},
    "anonymous": {"auth.warm-client"},
    "token": {"auth.rules", "auth.catalog"},
    "directory": {"auth.rules", "auth.catalog"},
}
"""Controls that only a user of the settings can prove, by mode."""
SLOWER = {"images.parallel", "auth.warm-client", "http.manifest-size"}
TOKENS = ("token", "directory")
"""Modes with an issuer of tokens."""
OTHER = "/v2/team/app"


@pytest.fixture(scope="module", params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("verifiers")


@pytest.fixture(scope="module")
def people(mode: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Yield the settings for a directory that runs, in which all users of that mode are."""
    if mode != "directory":
        yield {}
        return
    try:
        slapd.obtain()
    except HarnessError as error:
        lacks("slapd", str(error))
    company = Authority.create("company", 30, datetime.now(UTC))
    with starts(tmp_path_factory.mktemp("slapd"), "localhost", company) as server:
        yield {
            "registry_auth_directory_urls": [server.secured],
            "registry_auth_directory_ca": company.root_pem,
            "registry_auth_directory_bind_dn": slapd.SERVICE,
            "registry_auth_directory_bind_password": slapd.SERVICE_PASSWORD,
        }


@pytest.fixture(scope="module")
def settings(mode: str, directory: Path, people: dict[str, Any]) -> Settings:
    port, http_port = two_ports()
    return parse(
        {
            "registry_hostname": "registry.test.example",
            "registry_platform": "debian12",
            "registry_distribution_checksum": "sha256:" + "0" * 64,
            "registry_auth_users": [{"name": "bob", "password_hash": HASH}],
            "registry_storage_directory": str(directory / "data"),
            "registry_proxy_addresses": ["127.0.0.1"],
            "registry_proxy_port": port,
            "registry_proxy_http_port": http_port,
            **MODES[mode],
            **people,
        }
    )


@pytest.fixture(scope="module")
def target(directory: Path, settings: Settings, registry_binary: Path) -> Iterator[Target]:
    cafile = pairs.prepare(directory, settings)
    with (
        pairs.registry(registry_binary, directory, settings),
        pairs.proxy(directory, settings, lambda text: text),
    ):
        yield Target("r1", settings, address="127.0.0.1", cafile=cafile)


@pytest.fixture
def login(directory: Path, settings: Settings) -> Iterator[Login]:
    """Write a user's file, as the probe does on a host."""
    name = os.urandom(16).hex()
    made = Login(f"~verifier-{name}", SecretStr("s" * 43), temporary=True)
    folder = Path(pairs.layout(directory).verifiers)
    folder.mkdir(exist_ok=True)
    place = folder / name
    place.write_text(verifiers.entry(settings, made)[0])
    yield made
    place.unlink(missing_ok=True)


@pytest.fixture
def client(target: Target, login: Login) -> Iterator[Client]:
    made = Endpoint.of(target).client()
    yield made.login(login.username, login.password.get_secret_value())
    made.close()


def test_what_needs_a_login_is_verified(target: Target, login: Login, mode: str) -> None:
    results = run([replace(target, login=login)], controls=chosen() | SLOWER)
    assert [outcome.text for outcome in results.failures] == []
    passed = {outcome.check for outcome in results.outcomes if outcome.state == "passed"}
    assert {"auth.right-password", "images.push", "images.parallel", "images.delete"} <= passed
    left = {one.check: one.state for one in results.outcomes if "no user's password" in one.text}
    assert left == dict.fromkeys(OWN[mode], "not_checked")


def test_nothing_else_is_open_to_it(client: Client, mode: str) -> None:
    digest = client.push("holdfast/verify", "latest", two_layer_image("scope"))
    assert client.request("GET", "/v2/holdfast/verify/tags/list").status == 200
    closed = [
        ("GET", "/v2/_catalog"),
        ("POST", f"{OTHER}/blobs/uploads/"),
        ("PUT", f"{OTHER}/manifests/latest"),
        ("DELETE", f"{OTHER}/manifests/{digest}"),
        ("POST", "/v2/holdfast/verify/../../team/app/blobs/uploads/"),
        ("POST", "/v2/holdfast/verify%2f..%2f..%2fteam/app/blobs/uploads/"),
    ]
    if mode != "anonymous":
        closed += [("GET", f"{OTHER}/tags/list"), ("GET", f"{OTHER}/manifests/latest")]
    if mode not in TOKENS:
        # The registry would look whether the login may read the other one; the proxy cannot.
        query = f"mount={digest}&from=team/app"
        closed += [("POST", f"/v2/holdfast/verify/blobs/uploads/?{query}")]
        closed += [("POST", f"/v2/holdfast/verify/blobs/uploads/?{query.replace('f', '%66', 1)}")]
        closed += [("POST", f"/v2/holdfast/verify/blobs/uploads/?%6dount={digest}&%66rom=team")]
    # The registry answers an odd path with another address, before it looks at a token.
    refused = (301, 401, 404) if mode in TOKENS else (401, 404)
    found = {line: client.request(*line).status for line in closed}
    assert {line: status for line, status in found.items() if status not in refused} == {}


def test_it_ends_with_its_file_whatever_was_remembered(
    client: Client, directory: Path, login: Login
) -> None:
    assert [client.check() for _ in range(3)] == [200] * 3
    (Path(pairs.layout(directory).verifiers) / login.username[-32:]).unlink()
    client.close()
    # Where there are tokens, this path needs a new one.
    assert client.request("GET", "/v2/holdfast/verify/tags/list").status == 401


def test_a_wrong_password_and_an_unknown_one_get_nothing(target: Target, login: Login) -> None:
    anonymous = Endpoint.of(target).client()
    for name, password in (
        (login.username, "x" * 43),
        (login.username, ""),
        (f"~verifier-{'0' * 32}", "x" * 43),
        ("~verifier-../htpasswd", "x" * 43),
        ("~verifier", "x"),
    ):
        assert anonymous.login(name, password).check() == 401, name
    anonymous.close()


@pytest.mark.parametrize("mode", TOKENS, indirect=True)
def test_a_token_is_brief_and_the_time_ends_it(
    client: Client, directory: Path, login: Login, target: Target
) -> None:
    path = "/auth/token?offline_token=true&scope=repository:holdfast/verify:pull,push,delete"
    basic = Endpoint.of(target).client().login(login.username, "s" * 43)
    answer = json.loads(basic.request("GET", path, headers=_basic(login)).body)
    claims = jwt.decode(answer["token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 60
    assert claims["access"][0]["actions"] == ["delete", "pull", "push"]
    assert "refresh_token" not in answer
    place = Path(pairs.layout(directory).verifiers) / login.username[-32:]
    place.write_text(json.dumps({**json.loads(place.read_text()), "until": time.time() - 1}))
    assert basic.request("GET", path, headers=_basic(login)).status == 401
    del client


def _basic(login: Login) -> dict[str, str]:
    text = f"{login.username}:{login.password.get_secret_value()}"
    return {"Authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}
