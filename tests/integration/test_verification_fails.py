"""Checks that no setting of nginx or OpenSSL turns red fail for a careless server."""

from __future__ import annotations

import json
import re
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import jwt
import pytest

from holdfast.settings import parse
from holdfast.verification import Connection, Target, run

COMMON = {
    "registry_hostname": "registry.test.example",
    "registry_distribution_checksum": "sha256:" + "0" * 64,
    "registry_auth_users": [{"name": "bob", "password": "wonderland"}],
}
FRAMING = {
    *("http.two-lengths", "http.length-and-chunks", "http.odd-encodings", "http.bad-chunks"),
    *("http.folded-headers", "http.control-characters", "http.hidden-request", "http.hosts"),
    *("http.upgrades", "http.tunnels", "http.header-64k", "http.many-headers", "http.long-path"),
    *("auth.two-logins", "auth.odd-logins", "auth.other-schemes", "auth.forged-names"),
    *("auth.known-passwords", "auth.paths", "auth.uploads", "auth.asking-is-free", "time.date"),
    *("images.head", "images.digest", "images.unknown-blob", "images.absent", "images.chunks"),
    *("images.parallel", "http.api-version", "http.manifest-size", "http.forwarded"),
    "http.slow-headers",
}
OFFERS = {
    *("tls.old-versions", "tls.weak-ciphers", "tls.forward-secrecy", "tls.tickets", "tls.no-name"),
    *("tls.renegotiation", "tls.compression", "tls.protocols", "tls.post-quantum"),
}
TOKENS = {
    *("auth.asked-for-token", "auth.forged-token", "auth.changed-token", "auth.anonymous"),
    *("auth.rules", "auth.catalog"),
}
REFUSALS = {"auth.anonymous-pull", "auth.right-password", "http.slow-clients"}
UNJUDGED = "the check could not be made"


class TakesAnything(socketserver.BaseRequestHandler):
    """Answers every empty line, as if it ended a request that was fine."""

    def handle(self) -> None:
        """Answer until there is nothing more."""
        # A busy machine takes its time for the first request.
        self.request.settimeout(5)
        try:
            while data := self.request.recv(1 << 16):
                self.request.settimeout(0.2)
                date = "Date: Tue, 01 Jan 2019 00:00:00 GMT"
                status = "101 Of Course" if b"Upgrade:" in data else "200 OK"
                answer = f"HTTP/1.1 {status}\r\n{date}\r\nContent-Length: 0\r\n\r\n".encode()
                self.request.sendall(answer * (1 + len(re.findall(rb"\n\r?\n(?=.)", data))))
        except OSError:
            pass


class GivesAnything(socketserver.BaseRequestHandler):
    """Answers with a token that is good for everything, and takes every token."""

    def handle(self) -> None:
        """Answer until there is nothing more."""
        self.request.settimeout(5)
        access = [{"type": "registry", "name": "catalog", "actions": ["*"]}]
        token = jwt.encode({"access": access}, "", "none", {"kid": "any"})
        body = json.dumps({"token": token}).encode()
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        with suppress(OSError):
            while self.request.recv(1 << 16):
                self.request.sendall(answer)


class TakesNothing(socketserver.BaseRequestHandler):
    """Answers everybody that a login is needed."""

    def handle(self) -> None:
        """Answer until there is nothing more."""
        self.request.settimeout(0.1)
        with suppress(OSError):
            while self.request.recv(1 << 16):
                self.request.sendall(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")


class AgreesToAnything(socketserver.BaseRequestHandler):
    """Answers a hello of TLS with one that agrees to its first cipher, and to what is bad."""

    def handle(self) -> None:
        """Answer once."""
        hello = self.request.recv(1 << 16)
        session = hello[43]
        ciphers = 44 + session
        ticket = struct.pack("!HH", 35, 0)
        body = hello[9:11] + bytes(32) + b"\0" + hello[ciphers + 2 : ciphers + 4] + b"\1"
        body += struct.pack("!H", len(ticket)) + ticket
        message = b"\2" + len(body).to_bytes(3, "big") + body
        self.request.sendall(b"\x16\3\3" + struct.pack("!H", len(message)) + message)


@contextmanager
def served(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    """Run a server on loopback; yield its port."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def behind_a_load_balancer(port: int) -> dict[str, Any]:
    return {
        "registry_tls_mode": "external",
        "registry_tls_plain_port": port,
        "registry_tls_trusted_proxies": ["127.0.0.1/32"],
    }


def of_its_own(port: int) -> dict[str, Any]:
    return {"registry_proxy_port": port}


Handler = type[socketserver.BaseRequestHandler]
READER = {"subjects": ["user:bob"], "repositories": ["**"], "actions": ["pull"]}
TOKEN = {"registry_auth_mode": "token", "registry_auth_rules": [READER]}
OPEN = {"registry_auth_accept_open_access": True}
ANYBODY = {**OPEN, "registry_auth_mode": "none", "registry_auth_users": None}
SERVERS: dict[str, tuple[Handler, dict[str, Any], set[str]]] = {
    "requests": (TakesAnything, {}, FRAMING),
    "pushes": (TakesAnything, {"registry_storage_readonly": True}, {"storage.readonly"}),
    "handshakes": (AgreesToAnything, {}, OFFERS),
    "tokens": (GivesAnything, TOKEN, TOKENS),
    "nothing": (TakesNothing, {**OPEN, "registry_auth_anonymous": "pull"}, REFUSALS),
    "nothing, to anybody": (TakesNothing, ANYBODY, {"auth.open"}),
}
"""Handler, settings that expect something else, and the controls that have to fail."""
ABSENT = {"host.answers", "host.reachable"}


@pytest.mark.parametrize(("handler", "changes", "controls"), SERVERS.values(), ids=SERVERS)
def test_a_server_that_takes_anything_fails(
    handler: Handler, changes: dict[str, Any], controls: set[str]
) -> None:
    place = of_its_own if handler is AgreesToAnything else behind_a_load_balancer
    with served(handler) as port:
        given = {**COMMON, **place(port), **changes}
        settings = parse({name: value for name, value in given.items() if value is not None})
        results = run([Target("r1", settings, address="127.0.0.1")], controls=controls)
    found = {one.check: one for one in results.outcomes}
    assert {name for name, one in found.items() if one.state == "failed"} == controls
    assert {name: one.text for name, one in found.items() if UNJUDGED in one.text} == {}


def test_the_port_of_nobody_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings = parse({**COMMON, **behind_a_load_balancer(port)})
    nobody = Connection(f"ssh://root@127.0.0.1:{port}")
    results = run([Target("r1", settings, nobody, "127.0.0.1")], controls=FRAMING | ABSENT)
    states = {one.check: one.state for one in results.outcomes}
    assert states == {**dict.fromkeys(FRAMING, "not_checked"), **dict.fromkeys(ABSENT, "failed")}
    assert all("refused" in one.text for one in results.failures)
