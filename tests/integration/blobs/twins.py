"""Two proxies before one registry: one sends blobs from the disk, the other does not."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from holdfast.certificates import Authority
from holdfast.rendering import render
from holdfast.settings import Settings, parse
from holdfast.settings.sections.auth import ExternalToken
from tests.integration import pairs
from tests.integration.blobs.answers import Answer, answers
from tests.integration.blobs.requests import NAME
from tests.integration.conftest import running
from tests.integration.pairs import Edit
from tests.integration.test_verification import two_ports

SECONDS = 5.0
CLIENTS = Authority.create("clients", 30, datetime.now(UTC))
"""Authority of clients' certificates."""


@dataclass(frozen=True)
class Twins:
    """Two proxies that differ in one setting."""

    direct: int
    proxied: int
    logs: Path
    context: ssl.SSLContext | None = None

    def both(self, data: bytes) -> tuple[list[Answer], list[Answer]]:
        """Return the answers of both to some bytes."""
        return self.ask(self.direct, data), self.ask(self.proxied, data)

    def ask(self, port: int, data: bytes) -> list[Answer]:
        """Send bytes; return all that comes until the end of the connection, made comparable."""
        received = bytearray()
        with socket.create_connection(("127.0.0.1", port), SECONDS) as plain:
            link = plain
            if self.context:
                link = self.context.wrap_socket(plain, server_hostname=NAME)
            try:
                link.sendall(data)
                for block in iter(lambda: link.recv(1 << 16), b""):
                    received += block
            except TimeoutError:
                received += b"(and no end)"
            except OSError:
                received += b"(and an error)"
        return answers(bytes(received), port)

    def from_disk(self) -> set[str]:
        """Return the paths of blobs that the first of the two sent without the registry."""
        lines = self.logs.read_text(errors="replace").splitlines()
        found = [entry for entry in map(json.loads, lines) if "/blobs/" in entry["uri"]]
        return {
            entry["uri"] for entry in found if (entry["status"], entry["upstream"]) == (200, "")
        }


@contextmanager
def twins(
    binary: Path, data: Path, directory: Path, own: dict[str, Any], edit: Edit = str
) -> Iterator[Twins]:
    """Run a registry on a store, and both proxies before it; the first one is edited."""
    ports = two_ports()
    direct, proxied = (
        parse(_flat(data, port, own, on)) for port, on in zip(ports, (True, False), strict=True)
    )
    pairs.prepare(directory, direct)
    places = pairs.layout(directory)
    (directory / "etc/tls/clients").mkdir()
    (directory / "etc/tls/clients/ca.pem").write_text(CLIENTS.root_pem)
    if isinstance(direct.auth, ExternalToken):
        (directory / "etc/trust").symlink_to(directory / "etc/current/trust")
    other = replace(
        places,
        proxy_run=str(directory / "proxy2"),
        cache=str(directory / "cache2"),
        logs=str(directory / "logs2"),
    )
    for path, file in render(proxied, other).items():
        if path.startswith("proxy/"):
            place = directory / "etc/twin" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(file.content)
    for place in (other.proxy_run, other.cache, other.logs):
        Path(place).mkdir()
    with ExitStack() as stack:
        stack.enter_context(pairs.registry(binary, directory, direct))
        _helpers(stack, directory)
        for name, port in zip(("current", "twin"), ports, strict=True):
            conf = directory / f"etc/{name}/proxy/nginx.conf"
            conf.write_text(edit(conf.read_text()) if name == "current" else conf.read_text())
            stack.enter_context(
                running(pairs.nginx(conf), directory / f"{name}.log", partial(_connect, port))
            )
        yield Twins(*ports, directory / "logs/access.log", _context(direct, directory))


def _connect(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), SECONDS).close()


def _flat(data: Path, port: int, own: dict[str, Any], direct: bool) -> dict[str, Any]:
    """Return settings; behind a load balancer, unless they say how the proxy itself does TLS."""
    plain = {
        "registry_tls_mode": "external",
        "registry_tls_trusted_proxies": ["127.0.0.1"],
        "registry_tls_plain_port": port,
    }
    secured = {"registry_proxy_port": port, "registry_proxy_http_port": 0}
    return {
        "registry_hostname": NAME,
        "registry_platform": "debian12",
        "registry_distribution_checksum": "sha256:" + "0" * 64,
        "registry_storage_directory": str(data),
        "registry_proxy_addresses": ["127.0.0.1"],
        "registry_proxy_direct_blobs": direct,
        **(secured if "registry_tls_mode" in own else plain),
        **own,
    }


def _helpers(stack: ExitStack, directory: Path) -> None:
    """Start the gate, and the services that check logins, without limits for guesses."""
    current = directory / "etc/current"
    if (current / "logins").exists():
        conf = current / "logins/nginx.conf"
        conf.write_text(re.sub(r"burst=\d+", "burst=9999", conf.read_text()))
        stack.enter_context(pairs.logins(directory, conf))
    if (current / "issuer").exists():
        stack.enter_context(pairs.issuer(directory))
    if (current / "gate").exists():
        stack.enter_context(pairs.gate(directory))


def _context(settings: Settings, directory: Path) -> ssl.SSLContext | None:
    """Return the TLS context of clients; None without TLS."""
    if settings.tls.mode == "external":
        return None
    found = ssl.create_default_context(cafile=str(directory / "etc/tls/current/certificate.pem"))
    if settings.mtls.verify != "off":
        pair = CLIENTS.issue_client("alice", 1, datetime.now(UTC))
        both = directory / "client.pem"
        both.write_text(pair.certificate_pem + pair.key_pem)
        found.load_cert_chain(both)
    return found
