"""Checks that no setting of nginx or OpenSSL turns red do so for a server that takes anything."""

from __future__ import annotations

import re
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from holdfast.settings import parse
from holdfast.verification import Target, run
from holdfast.verification.controls import CONTROLS

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
    *("images.parallel", "http.api-version", "http.manifest-size"),
}
OFFERS = {
    *("tls.old-versions", "tls.weak-ciphers", "tls.forward-secrecy", "tls.tickets", "tls.no-name"),
    *("tls.renegotiation", "tls.compression", "tls.protocols", "tls.post-quantum"),
}


class TakesAnything(socketserver.BaseRequestHandler):
    """Answers every empty line, as if it ended a request that was fine."""

    def handle(self) -> None:
        """Answer until there is nothing more."""
        self.request.settimeout(0.1)
        try:
            while data := self.request.recv(1 << 16):
                date = "Date: Tue, 01 Jan 2019 00:00:00 GMT"
                status = "101 Of Course" if b"Upgrade:" in data else "200 OK"
                answer = f"HTTP/1.1 {status}\r\n{date}\r\nContent-Length: 0\r\n\r\n".encode()
                self.request.sendall(answer * (1 + len(re.findall(rb"\n\r?\n(?=.)", data))))
        except OSError:
            pass


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


@pytest.mark.parametrize(
    ("handler", "settings", "controls"),
    [
        (TakesAnything, behind_a_load_balancer, FRAMING),
        (AgreesToAnything, lambda port: {"registry_proxy_port": port}, OFFERS),
    ],
    ids=["requests", "handshakes"],
)
def test_a_server_that_takes_anything_fails(
    handler: type[socketserver.BaseRequestHandler],
    settings: Callable[[int], dict[str, Any]],
    controls: set[str],
) -> None:
    assert controls <= CONTROLS.keys()
    with served(handler) as port:
        target = Target("r1", parse({**COMMON, **settings(port)}), address="127.0.0.1")
        results = run([target], controls=controls)
    assert {one.check: one.text for one in results.outcomes if one.state != "failed"} == {}


def test_the_port_of_nobody_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    target = Target("r1", parse({**COMMON, **behind_a_load_balancer(port)}), address="127.0.0.1")
    results = run([target], controls=FRAMING)
    assert {one.state for one in results.outcomes} == {"skipped"}
    assert not results.ok
