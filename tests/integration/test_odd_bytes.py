"""Bytes that no client of good will sends: in logins, names, addresses and what is logged."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.test_names import NAME, PASSWORD, Running, running


@pytest.fixture(scope="module", params=["htpasswd", "anonymous"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, registry_binary: Path
) -> Iterator[tuple[Running, Path]]:
    changes = {"registry_auth_anonymous": "pull"} if request.param == "anonymous" else {}
    folder = tmp_path_factory.mktemp("odd")
    with running(folder, registry_binary, changes) as made:
        yield made, folder / "logs/access.log"


def status(made: Running, head: bytes) -> int:
    """Send the head of a request as it is; return the status."""
    address = made.settings.addresses[0], made.settings.ports[0][0]
    context = ssl.create_default_context(cafile=str(made.cafile))
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    with (
        socket.create_connection(address, 10) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as stream,
    ):
        stream.sendall(head + b"\r\nHost: " + NAME.encode() + b"\r\nConnection: close\r\n\r\n")
        return int(stream.recv(65536).split()[1])


def basic(login: bytes) -> bytes:
    return b"GET /v2/_catalog HTTP/1.1\r\nAuthorization: Basic " + base64.b64encode(login)


@pytest.mark.parametrize("after", [b"\0", b"\0x", b"\0xy", b"\0" + b"z" * 40])
def test_a_password_is_compared_as_a_whole(served: tuple[Running, Path], after: bytes) -> None:
    made, _ = served
    right = f"alice:{PASSWORD}".encode()
    assert status(made, basic(right)) == 200
    assert status(made, basic(right + after)) == 401
    assert status(made, basic(b"alice\0:" + PASSWORD.encode())) == 401
    assert status(made, basic(right + b"A" * 20000)) in (401, 403)


REQUESTS = [
    b"GET /v2/\xff\xfe/tags/list HTTP/1.1",
    b"GET /v2/%ff%fe/tags/list HTTP/1.1",
    b"GET /v2/%ed%a0%80 HTTP/1.1",
    b"GET /v2/x HTTP/1.1\r\nUser-Agent: curl \xff\xc3",
    b"GET /v2/x HTTP/1.1\r\nUser-Agent: " + b"\xc3" * 8000,
    b"GET /v2/x HTTP/1.1\r\nUser-Agent: " + "é".encode() * 6000,
    basic(b"al\xffice:x"),
]


def test_each_line_of_the_log_is_json(served: tuple[Running, Path]) -> None:
    made, log = served
    time.sleep(0.5)  # a line is written after its answer: those of the test before
    found = []
    last = "GET /v2/%C3%BC HTTP/1.1\r\nUser-Agent: Zoë 日本 😀".encode()
    for head in (*REQUESTS, last):
        before = log.read_bytes().count(b"\n")
        status(made, head)
        while log.read_bytes().count(b"\n") == before:
            time.sleep(0.01)
        found.append(json.loads(log.read_bytes().split(b"\n")[-2].decode("utf-8")))
    assert (found[-1]["uri"], found[-1]["agent"]) == ("/v2/ü", "Zoë 日本 😀")
    assert [one["uri"] for one in found[:3]] == ["(no UTF-8)"] * 3
    assert found[3]["agent"] == found[4]["agent"] == "(no UTF-8)"
    assert found[5]["agent"] == "é" * 6000
    assert found[6]["user"] == "(no UTF-8)"
