"""Requests to other machines through a real proxy, which alone knows the names of the servers."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.holdfast.registry.plugins.module_utils.certificates import ocsp
from ansible_collections.holdfast.registry.plugins.module_utils.registry import upstream
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    over_tls,
    over_unix,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    preflight,
    s3_proof,
)
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from holdfast.certificates import Authority, building
from holdfast.deploying import desired
from holdfast.distribution import fetch
from holdfast.errors import InputError, RefusedError
from holdfast.jwks import Key
from holdfast.jwks.watch import Watched
from holdfast.preview import Preview
from holdfast.rendering import render
from holdfast.rendering.outbound import environment, of_controller
from holdfast.settings import Settings, parse
from testhosts import tinyproxy
from testhosts.machine import HarnessError
from tests import responder
from tests.integration import s3
from tests.integration.conftest import running
from tests.integration.startup import NAME, serving
from tests.skips import lacks

LOGIN = "agent:s3cr3t%2Dword"
"""A login in the form of an address."""
UPSTREAM = "upstream.example.test"
FILES = "files.example.test"
NAMES = dict.fromkeys((UPSTREAM, FILES, s3.PROXIED), "127.0.0.1")
IMAGE = two_layer_image("through a proxy")
HERE = {
    "registry_hostname": NAME,
    "registry_distribution_checksum": "sha256:" + "a" * 64,
    "registry_auth_users": [{"name": "alice", "password": "correct-horse-battery"}],
}


@pytest.fixture
def proxy(tmp_path: Path, another_port: int) -> Iterator[tinyproxy.Tinyproxy]:
    """A proxy that wants a login."""
    if os.geteuid() != 0:
        lacks("tinyproxy", "expected root")
    try:
        tinyproxy.obtain()
    except HarnessError as error:
        lacks("tinyproxy", str(error))
    (tmp_path / "proxy").mkdir()
    plain = LOGIN.replace("%2D", "-")
    with tinyproxy.running(tmp_path / "proxy", another_port, NAMES, plain) as one:
        yield tinyproxy.Tinyproxy(one.port, one.log, LOGIN)


def settings(proxy: tinyproxy.Tinyproxy, **more: Any) -> Settings:
    return parse({**HERE, "registry_outbound_proxy": proxy.url, **more})


@contextmanager
def _serving(folder: Path, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve the files of a folder; yield the port."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@pytest.fixture
def files(tmp_path: Path) -> Iterator[int]:
    """The port of a server of files over http."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "registry").write_bytes(b"a program")
    with _serving(folder) as port:
        yield port


def test_the_controller_downloads_through_its_proxy(
    proxy: tinyproxy.Tinyproxy, files: int, tmp_path: Path
) -> None:
    address = f"http://{FILES}:{files}/registry"
    checksum = f"sha256:{hashlib.sha256(b'a program').hexdigest()}"
    own = parse({**HERE, "registry_outbound_controller_proxy": proxy.url})
    variables = of_controller(own.outbound)
    fetch.download(address, tmp_path / "registry", checksum, variables)
    assert (tmp_path / "registry").read_bytes() == b"a program"
    assert proxy.saw(f"GET {address}")
    wrong = parse({**HERE, "registry_outbound_controller_proxy": proxy.url.replace("%2D", "")})
    with pytest.raises(RefusedError, match=r"Unauthorized|407") as refused:
        fetch.download(address, tmp_path / "other", checksum, of_controller(wrong.outbound))
    assert "s3cr3t" not in str(refused.value)
    direct = {**(variables or {}), "NO_PROXY": FILES}
    with pytest.raises(RefusedError, match=r"Name or service not known|name resolution"):
        fetch.download(address, tmp_path / "other", checksum, direct)


def test_the_controller_fetches_an_issuers_keys_through_its_proxy(
    proxy: tinyproxy.Tinyproxy, tmp_path: Path
) -> None:
    (tmp_path / "served").mkdir()
    now = datetime.now(UTC)
    authority = Authority.create("keys of a test", 2, now)
    pair = authority.issue(FILES, 2, now)
    (tmp_path / "pair.pem").write_text(pair.certificate_pem + pair.key_pem)
    public = Key(ec.generate_private_key(ec.SECP256R1()).public_key())
    (tmp_path / "served/keys").write_text(json.dumps({"keys": [public.jwk]}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pair.pem")
    with _serving(tmp_path / "served", context) as port:
        flat = {
            "registry_auth_keys": f"https://{FILES}:{port}/keys",
            "registry_auth_keys_ca": authority.root_pem,
            "registry_outbound_controller_proxy": proxy.url,
        }
        watched = Watched.of(flat, tmp_path)
        assert watched
        assert [key.libtrust for key in watched.fetch(10)] == [public.libtrust]
        assert proxy.saw(f"CONNECT {FILES}:{port}")
        wrong = {**flat, "registry_outbound_controller_proxy": f"{proxy.url}/path"}
        with pytest.raises(InputError, match="registry_outbound_controller_proxy") as refused:
            Watched.of(wrong, tmp_path)
        assert "s3cr3t" not in str(refused.value)


@pytest.fixture
def source(registry_binary: Path, tmp_path: Path, free_port: int) -> Iterator[tuple[str, Path]]:
    """The address of a registry that has an image, and the authority of its certificate."""
    folder = tmp_path / "source"
    folder.mkdir()
    now = datetime.now(UTC)
    authority = Authority.create("upstream of a test", 2, now)
    pair = authority.issue(UPSTREAM, 2, now)
    (folder / "ca.pem").write_text(authority.root_pem)
    (folder / "server.pem").write_text(pair.certificate_pem)
    (folder / "server.key").write_text(pair.key_pem)
    tls = {"certificate": str(folder / "server.pem"), "key": str(folder / "server.key")}
    config = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": str(folder / "images")}},
        "http": {"addr": f"127.0.0.1:{free_port}", "secret": "0" * 32, "tls": tls},
    }
    (folder / "config.yml").write_text(yaml.safe_dump(config))
    client = over_tls(UPSTREAM, free_port, address="127.0.0.1", cafile=str(folder / "ca.pem"))
    argv = [registry_binary, "serve", folder / "config.yml"]
    with running(argv, folder / "log", client.check):
        client.push("library/thing", "1", IMAGE)
        client.close()
        yield f"https://{UPSTREAM}:{free_port}", folder / "ca.pem"


def test_a_mirror_reaches_its_upstream_through_the_proxy(
    proxy: tinyproxy.Tinyproxy, source: tuple[str, Path], registry_binary: Path
) -> None:
    url, authorities = source
    mirror = {"name": "hub", "url": url, "anonymous": True}
    own = settings(proxy, registry_mirrors=[mirror], registry_service_ca=authorities.read_text())
    with Preview(own, registry_binary) as preview:
        client = over_tls("localhost", preview.settings.proxy.port, cafile=str(preview.ca_file))
        assert client.pull("hub/library/thing", "1") == IMAGE
        client.close()
    assert proxy.saw(f"CONNECT {url.removeprefix('https://')}")
    secrets = authorities.with_name("secrets.env")
    secrets.write_text(render(own)["mirrors/hub/secrets.env"].content)
    assert upstream.problem(url, str(authorities)) is None
    secrets.write_text("")
    assert "its name" in (upstream.problem(url, str(authorities)) or "")


def test_a_bucket_is_reached_through_the_proxy(
    proxy: tinyproxy.Tinyproxy, registry_binary: Path, tmp_path: Path
) -> None:
    (tmp_path / "s3").mkdir()
    with s3.serving(tmp_path / "s3") as server:
        endpoint = f"https://{s3.PROXIED}:{server.port}"
        own = settings(proxy, **{**server.settings, "registry_storage_endpoint": endpoint})
        wanted = desired(own)
        bucket = preflight.bucket(wanted.expect["storage"], wanted.storage_secrets)
        assert s3_proof.proof(bucket, writes=True) == []
        bucket.close()
        assert proxy.saw(f"CONNECT {s3.PROXIED}:{server.port}")
        for path in ("config.yml", "ca.pem"):
            (tmp_path / path).write_text(wanted.tree[f"registry/{path}"].content)
        lines = wanted.tree["registry/secrets.env"].content.splitlines()
        variables = {
            name: json.loads(text) for name, _, text in (line.partition("=") for line in lines)
        }
        variables |= {
            "SSL_CERT_FILE": str(tmp_path / "ca.pem"),
            "AWS_CA_BUNDLE": "",
            "REGISTRY_HTTP_ADDR": str(tmp_path / "socket"),
            "REGISTRY_HTTP_SECRET": "0" * 32,
        }
        config = tmp_path / "config.yml"
        with serving(registry_binary, config, tmp_path / "log", tmp_path / "socket", **variables):
            client = over_unix(str(tmp_path / "socket"), NAME, timeout=60)
            client.push("team/app", "1", IMAGE)
            assert client.pull("team/app", "1") == IMAGE


def test_an_ocsp_answer_comes_through_the_proxy(
    proxy: tinyproxy.Tinyproxy,
    tmp_path: Path,
    free_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = datetime.now(UTC)
    authority = Authority.create("signs", 365, now)
    address = f"http://{UPSTREAM}:{free_port}"
    pair = responder.certificate(authority, NAME, address, now)
    leaf = x509.load_pem_x509_certificate(pair.certificate_pem.encode())
    line = f"V\t281231000000Z\t\t{leaf.serial_number:X}\tunknown\t/CN={NAME}\n"
    (tmp_path / "index.txt").write_text(line)
    (tmp_path / "ca.pem").write_text(authority.pem)
    (tmp_path / "ca.key").write_text(building.private_pem(authority.key))
    (tmp_path / "shown.pem").write_text(pair.certificate_pem + authority.pem)
    for name, value in environment(settings(proxy)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(ocsp, "FOLDER", str(tmp_path))
    monkeypatch.setattr(ocsp, "FETCHED", str(tmp_path / "ocsp.der"))
    serve = f"openssl ocsp -index index.txt -port {free_port} -CA ca.pem -rsigner ca.pem"
    argv = [*serve.split(), "-rkey", "ca.key", "-ndays", "4", "-ignore_err"]
    process = subprocess.Popen(argv, cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while (found := ocsp.fetch(str(tmp_path / "shown.pem"))) and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        process.terminate()
        process.wait(10)
    assert found == []
    assert (tmp_path / "ocsp.der").exists()
    assert proxy.saw(f"POST {address}")
