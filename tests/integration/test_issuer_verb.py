"""holdfast issuer, as a user runs it: real Ansible, and a server that gives keys over TLS."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from holdfast.certificates import Authority
from holdfast.doctor import TokenPolicy
from holdfast.errors import InputError
from holdfast.jwks import Key
from holdfast.jwks.fetch import fetch
from holdfast.rendering import Tree
from holdfast.rendering.tree import File
from tests.integration.test_commands import holdfast

FIRST = Key(rsa.generate_private_key(65537, 2048).public_key(), "first")
SECOND = Key(ec.generate_private_key(ec.SECP256R1()).public_key(), "second")


class Server(ThreadingHTTPServer):
    """Gives keys; `shown` is what it answers with, by its path."""

    def __init__(self, certificate: Path, key: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.shown: dict[str, tuple[int, str, str]] = {}
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        Thread(target=self.serve_forever, daemon=True).start()

    def keys(self, *keys: Key) -> None:
        """Show these keys."""
        listed = [{**key.jwk, "kid": key.given, "use": "sig"} for key in keys]
        self.shown["/keys"] = (200, "", json.dumps({"keys": listed}))

    @property
    def url(self) -> str:
        return f"https://localhost:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, place, text = self.server.shown.get(self.path, (404, "", ""))  # type: ignore[attr-defined]
        self.send_response(status)
        if place:
            self.send_header("Location", place)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    company = Authority.create("company", 30, datetime.now(UTC))
    pair = company.issue("localhost", 30, datetime.now(UTC))
    names = ("ca.crt", "tls.crt", "tls.key")
    for name, text in zip(
        names, (company.root_pem, pair.certificate_pem, pair.key_pem), strict=True
    ):
        (tmp_path / name).write_text(text)
    found = Server(tmp_path / "tls.crt", tmp_path / "tls.key")
    found.keys(FIRST)
    yield found
    found.shutdown()
    found.server_close()


@pytest.fixture
def folder(server: Server, tmp_path: Path) -> Path:
    (tmp_path / "hosts.yml").write_text(f"""
registry:
  hosts: {{r1: {{}}, r2: {{}}}}
  vars:
    registry_hostname: "{{{{ inventory_hostname }}}}.example.com"
    registry_distribution_checksum: sha256:{"a" * 64}
    registry_auth_mode: external_token
    registry_auth_realm: https://issuer.example.com/auth
    registry_auth_issuer: issuer
    registry_auth_keys: {server.url}/keys
    registry_auth_keys_ca: ca.crt
""")
    return tmp_path


def test_keys_are_pinned_and_taken_over_on_request_alone(server: Server, folder: Path) -> None:
    done = holdfast(folder, "check", "-i", ".")
    assert done.returncode == 2
    assert "Fetch them once, and look at what came: holdfast issuer refresh" in done.stdout
    assert holdfast(folder, "issuer", "show", "-i", ".").returncode == 6

    done = holdfast(folder, "issuer", "refresh", "-i", ".", "--check")
    assert (done.returncode, (folder / "trust").exists()) == (0, False), done.stdout
    done = holdfast(folder, "issuer", "refresh", "-i", ".")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"new {FIRST.libtrust}" in done.stdout
    assert "Next: holdfast deploy -i ." in done.stdout
    (pinned,) = (folder / "trust").iterdir()
    before = pinned.read_bytes()

    assert holdfast(folder, "check", "-i", ".").returncode == 0
    assert holdfast(folder, "issuer", "show", "-i", ".").returncode == 0

    server.keys(SECOND)
    seen = holdfast(folder, "issuer", "show", "-i", ".")
    assert seen.returncode == 6
    assert f"new {SECOND.libtrust}; gone {FIRST.libtrust}" in seen.stdout
    # Nothing else takes the new key over.
    assert trusted(folder) == {*FIRST.names}
    assert pinned.read_bytes() == before
    assert holdfast(folder, "issuer", "refresh", "-i", ".").returncode == 0
    assert trusted(folder) == {*SECOND.names}


def trusted(folder: Path) -> set[str]:
    """Return the names of the keys that a deploy would let the registry trust."""
    done = holdfast(folder, "render", "-i", ".", "-o", "rendered")
    assert done.returncode == 0, done.stdout
    files = {
        path: File((folder / "rendered/r2" / path).read_text(), 0o444, "root", "root", False)
        for path in ("registry/config.yml", "trust/jwks.json")
    }
    return set(TokenPolicy.of(Tree(files), "3.1.1").keys)


def test_an_issuer_that_cannot_be_asked_changes_nothing(server: Server, folder: Path) -> None:
    assert holdfast(folder, "issuer", "refresh", "-i", ".").returncode == 0
    (pinned,) = (folder / "trust").iterdir()
    before = pinned.read_bytes()
    wrong = {
        "answers 503": (503, "", ""),
        "is neither PEM nor a JWKS": (200, "", "<html>"),
        "with a secret in it": (200, "", '{"keys": [{"kty": "oct", "k": "x"}]}'),
        "redirected to http://": (302, "http://localhost:1/keys", ""),
        "more than 1048576 bytes": (200, "", " " * (1 << 20) + " "),
    }
    for expected, shown in wrong.items():
        server.shown["/keys"] = shown
        with pytest.raises(InputError, match=re.escape(expected)):
            fetch(f"{server.url}/keys", (folder / "ca.crt").read_text())
    done = holdfast(folder, "issuer", "refresh", "-i", ".")
    assert (done.returncode, pinned.read_bytes()) == (2, before), done.stdout
    assert "more than 1048576 bytes" in done.stdout


def test_whoever_has_another_certificate_is_not_the_issuer(server: Server, folder: Path) -> None:
    del server
    other = Authority.create("other", 30, datetime.now(UTC))
    (folder / "ca.crt").write_text(other.root_pem)
    done = holdfast(folder, "issuer", "refresh", "-i", ".")
    assert done.returncode == 2
    assert "CERTIFICATE_VERIFY_FAILED" in done.stdout
    assert not (folder / "trust").exists()


def test_there_has_to_be_something_to_fetch(folder: Path) -> None:
    text = (folder / "hosts.yml").read_text()
    (folder / "hosts.yml").write_text(text.replace("registry_auth_keys:", "registry_auth_k:"))
    done = holdfast(folder, "issuer", "refresh", "-i", ".")
    assert done.returncode == 2
    assert "There is nothing to fetch" in done.stdout
