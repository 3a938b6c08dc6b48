"""Names, ports and refusals of the proxy, as load balancers and clients meet them."""

from __future__ import annotations

import base64
import json
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    over_tls,
    two_layer_image,
)

from holdfast.settings import Settings, parse
from tests.integration import pairs
from tests.integration.test_verification import two_ports

PASSWORD = "correct-horse-battery"
NAME, OLD = "registry.test.example", "old.test.example"
RELEASE = {"registry_distribution_checksum": "sha256:" + "0" * 64}
BALANCER = "127.0.0.9"


class Running(NamedTuple):
    """A proxy before a registry."""

    settings: Settings
    cafile: Path


@contextmanager
def running(
    directory: Path,
    binary: Path | None,
    changes: dict[str, Any],
    *,
    external: bool = False,
    edit: pairs.Edit = lambda text: text,
) -> Iterator[Running]:
    """Run what settings render; without a binary the registry does not answer."""
    port, other = two_ports()
    places = {
        "registry_proxy_addresses": ["127.0.0.1"],
        "registry_proxy_port": port,
        "registry_proxy_http_port": other,
    }
    if external:
        places = {
            "registry_tls_mode": "external",
            "registry_tls_plain_port": port,
            "registry_tls_trusted_proxies": [BALANCER],
        }
    settings = parse(
        {
            "registry_hostname": NAME,
            "registry_platform": "debian12",
            "registry_storage_directory": str(directory / "data"),
            "registry_auth_users": [{"name": "alice", "password": PASSWORD}],
            **places,
            **({} if "registry_distribution_source" in changes else RELEASE),
            **changes,
        }
    )
    cafile = pairs.prepare(directory, settings)
    with pairs.proxy(directory, settings, edit):
        if binary is None:
            yield Running(settings, cafile)
        else:
            with pairs.registry(binary, directory, settings):
                yield Running(settings, cafile)


class Answer(NamedTuple):
    """A raw answer."""

    status: int
    headers: str
    body: str


def ask(
    made: Running,
    request: str,
    *,
    name: str | None = NAME,
    port: int = 0,
    source: str = "127.0.0.1",
) -> Answer:
    """Send bytes as they are, by TLS with a name or, without one, plainly; return the answer."""
    own, tls = made.settings.ports[0]
    address = made.settings.addresses[0], port or own
    with socket.create_connection(address, 10, source_address=(source, 0)) as plain:
        if name and tls and not port:
            context = ssl.create_default_context(cafile=str(made.cafile))
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            stream: socket.socket = context.wrap_socket(plain, server_hostname=name)
        else:
            stream = plain
        stream.sendall(request.encode())
        got = b""
        while part := stream.recv(65536):
            got += part
    head, _, body = got.decode().partition("\r\n\r\n")
    return Answer(int(head.split()[1]), head.lower(), body)


def get(path: str, host: str, method: str = "GET", more: str = "") -> str:
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n"


@pytest.fixture(scope="module")
def without_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    changes = {"registry_proxy_body_limit_mib": 1}
    with running(tmp_path_factory.mktemp("refusing"), None, changes) as made:
        yield made


REFUSED = {
    "no request": ("garbage\r\n\r\n", 400),
    "a version of tomorrow": ("GET /v2/ HTTP/9.9\r\n\r\n", 505),
    "two lengths": (get("/v2/", NAME, more="Content-Length: 1\r\nContent-Length: 2\r\n"), 400),
    "nothing there": (get("/index.html", NAME), 404),
    "a method of browsers": (get("/v2/", NAME, "OPTIONS"), 405),
    "a method that nobody knows": (get("/v2/", NAME, "BREW"), 405),
    "health by POST": (get("/health", NAME, "POST"), 403),
    "a layer above the limit": (
        get("/v2/a/blobs/uploads/1", NAME, "PATCH", "Content-Length: 1048577\r\n"),
        413,
    ),
    "a long address": (get("/v2/" + "a" * 40000, NAME), 414),
    "another name": (get("/v2/", "other.example"), 421),
    "another port": (get("/v2/", f"{NAME}:1"), 421),
    "long headers": (get("/v2/", NAME, more=f"X-Long: {'a' * 40000}\r\n"), 431),
    "no registry": (get("/health", NAME), 502),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_proxy_refuses_clients_can_read(without_registry: Running, case: str) -> None:
    request, status = REFUSED[case]
    answer = ask(without_registry, request)
    assert answer.status == status, answer
    assert "content-type: application/json" in answer.headers
    assert "x-content-type-options: nosniff" in answer.headers
    assert ("retry-after: 5" in answer.headers) is (status == 502)
    (error,) = json.loads(answer.body)["errors"]
    assert re.fullmatch("[A-Z_]+", error["code"])
    assert len(error["message"].split()) > 3


def test_http_on_the_port_of_tls_and_on_the_other_port_is_refused_in_json(
    without_registry: Running,
) -> None:
    plain = ask(without_registry, get("/v2/", NAME), name=None)
    assert plain.status == 400
    assert "https://" in json.loads(plain.body)["errors"][0]["message"]
    port = without_registry.settings.proxy.http_port
    challenge = ask(without_registry, get("/.well-known/acme-challenge/x", NAME), port=port)
    assert (challenge.status, json.loads(challenge.body)["errors"][0]["code"]) == (
        404,
        "NAME_UNKNOWN",
    )


def test_the_refusal_of_a_named_location_stays_its_own(without_registry: Running) -> None:
    answer = ask(without_registry, get("/v2/", NAME))
    assert answer.status == 401
    assert "www-authenticate: basic realm=" in answer.headers


@pytest.mark.parametrize("host", [NAME.upper(), f"{NAME.title()}:443", NAME])
def test_names_are_taken_in_any_case(tmp_path: Path, registry_binary: Path, host: str) -> None:
    with running(tmp_path, registry_binary, {"registry_proxy_public_port": 443}) as made:
        assert ask(made, get("/health", host), name=NAME.upper()).status == 200


def test_a_load_balancer_asks_for_health_by_any_name(tmp_path: Path, registry_binary: Path) -> None:
    own = "127.0.0.3"
    changes = {"registry_tls_plain_addresses": [own]}
    with running(tmp_path, registry_binary, changes, external=True) as made:
        for host in (f"{own}:{made.settings.ports[0][0]}", f"{NAME}:8080", "lb.example"):
            assert ask(made, get("/health", host), source=BALANCER).status == 200, host
            assert ask(made, get("/v2/", host), source=BALANCER).status == 421, host
        assert ask(made, "GET /health HTTP/1.0\r\n\r\n", source=BALANCER).status == 200
        # The host itself, by its own address, is no stranger; others are.
        assert ask(made, get("/health", NAME), source=own).status == 200
        strange = ask(made, get("/health", "lb.example"), source="127.0.0.2")
        assert strange.status == 421
        assert ask(made, get("/health", NAME), source="127.0.0.2").status == 403


@pytest.mark.parametrize("version", ["2.8.2", "3.1.1"])
def test_clients_of_a_forwarded_port_are_sent_back_to_it(
    tmp_path: Path, registry_binary: Path, packaged_registry_binary: Path, version: str
) -> None:
    package = version == "2.8.2"
    binary = packaged_registry_binary if package else registry_binary
    changes: dict[str, Any] = {"registry_proxy_public_port": 443}
    if package:
        changes |= {"registry_distribution_source": "package"}
    with running(tmp_path, binary, changes) as made:
        port = made.settings.proxy.port
        client = over_tls(NAME, port, address="127.0.0.1", cafile=str(made.cafile)).login(
            "alice", PASSWORD
        )
        begun = client.request("POST", "/v2/team/app/blobs/uploads/")
        assert begun.status == 202, begun.body
        assert begun.headers["Location"].startswith(f"https://{NAME}/v2/")
        client.push("team/app", "1", two_layer_image("ports"))
        redirected = ask(made, get("/v2/", NAME), port=made.settings.proxy.http_port)
        assert f"location: https://{NAME}/v2/" in redirected.headers


MODES: dict[str, dict[str, Any]] = {
    "htpasswd": {},
    "anonymous": {"registry_auth_anonymous": "pull"},
    "token": {
        "registry_auth_mode": "token",
        "registry_auth_rules": [
            {"subjects": ["user:alice"], "repositories": ["**"], "actions": ["push"]},
        ],
    },
}


@pytest.mark.parametrize("version", ["2.8.2", "3.1.1"])
@pytest.mark.parametrize("mode", MODES)
def test_another_name_is_a_registry_of_its_own_to_clients(
    tmp_path: Path,
    registry_binary: Path,
    packaged_registry_binary: Path,
    mode: str,
    version: str,
) -> None:
    package = version == "2.8.2"
    binary = packaged_registry_binary if package else registry_binary
    changes = {**MODES[mode], "registry_aliases": [OLD]}
    if package:
        changes |= {"registry_distribution_source": "package"}
    with running(tmp_path, binary, changes) as made:
        port = made.settings.proxy.port
        for name in (NAME, OLD):
            own = f"https://{name}:{port}"
            client = over_tls(name, port, address="127.0.0.1", cafile=str(made.cafile)).login(
                "alice", PASSWORD
            )
            client.push("team/app", name, two_layer_image(name))
            begun = client.request("POST", "/v2/team/app/blobs/uploads/")
            assert begun.headers["Location"].startswith(f"{own}/v2/"), begun.headers["Location"]
            asked = over_tls(name, port, address="127.0.0.1", cafile=str(made.cafile)).request(
                "GET", "/v2/"
            )
            challenge = asked.headers["WWW-Authenticate"]
            assert asked.status == 401
            if mode != "htpasswd":
                assert f'realm="{own}/' in challenge, challenge
        assert client.pull("team/app", NAME) == two_layer_image(NAME)
        page = client.request("GET", "/v2/team/app/tags/list?n=1")
        assert page.status == 200


def test_challenges_are_answered_through_no_link(tmp_path: Path) -> None:
    with running(tmp_path, None, {}, edit=_state_below(tmp_path)) as made:
        folder = tmp_path / "challenges/.well-known/acme-challenge"
        folder.mkdir(parents=True)
        (tmp_path / "secret").write_text("key")
        (folder / "real").write_text("answer")
        (folder / "link").symlink_to(tmp_path / "secret")
        (folder / "inner").symlink_to(tmp_path)
        where = "/.well-known/acme-challenge"
        port = made.settings.proxy.http_port
        found = {
            name: ask(made, get(f"{where}/{name}", NAME), port=port)
            for name in ("real", "link", "inner/secret", "absent")
        }
    assert (found["real"].status, found["real"].body) == (200, "answer")
    assert {found[name].status for name in ("link", "inner/secret")} <= {403, 404}, found
    assert found["absent"].status == 404
    assert not any("key" in answer.body for answer in found.values())


def _state_below(directory: Path) -> pairs.Edit:
    state = pairs.layout(directory).state
    return lambda text: text.replace(f"{state}/challenges", f"{directory}/challenges")


def test_uploads_that_are_begun_are_bounded(tmp_path: Path, registry_binary: Path) -> None:
    changes = {"registry_proxy_uploads_per_minute": 5}
    login = f"Authorization: Basic {base64.b64encode(f'alice:{PASSWORD}'.encode()).decode()}\r\n"
    with running(tmp_path, registry_binary, changes) as made:
        begin = get("/v2/a/blobs/uploads/", NAME, "POST", f"{login}Content-Length: 0\r\n")
        found = [ask(made, begin) for _ in range(8)]
        other = ask(made, begin, source="127.0.0.2")
        pull = ask(made, get("/v2/", NAME, more=login))
    assert [one.status for one in found] == [202] * 6 + [429] * 2
    assert "TOOMANYREQUESTS" in found[-1].body
    assert "retry-after" in found[-1].headers
    # A limit by name would let anybody who knows it lock its owner out: logins are checked later.
    assert other.status == 202
    assert pull.status == 200
