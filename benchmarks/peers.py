"""Serve a preview's images by other means: the bare registry, the recipe, plain files."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from holdfast.preview import Preview
from holdfast.preview.scratch import free_port
from holdfast.settings import parse
from testhosts import binary

OPEN = {"registry_auth_mode": "none", "registry_auth_accept_open_access": True}
RECIPE = """
worker_processes auto; pid {folder}/pid; error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
  access_log {folder}/access.log; sendfile on; keepalive_timeout 65;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream behind {{ server 127.0.0.1:{behind}; }}
  server {{
    listen 127.0.0.1:{port} ssl; server_name localhost;
    ssl_certificate {pair}/certificate.pem; ssl_certificate_key {pair}/key.pem;
    {tls}
    client_max_body_size 0;
    chunked_transfer_encoding on;
    root {images};
    location /v2/ {{
      add_header Docker-Distribution-Api-Version registry/2.0 always;
      proxy_pass http://behind;
      proxy_set_header Host $http_host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_read_timeout 900;
    }}
  }}
}}
"""
"""nginx configuration of Distribution's documentation, with our TLS and static files.
the files themselves."""


@dataclass(frozen=True)
class Server:
    """URL of a server of images, and its processes."""

    url: str
    proxy: int | None
    registry: int

    @property
    def pids(self) -> list[int]:
        """Processes, without their children."""
        return [pid for pid in (self.proxy, self.registry) if pid]


def preview(**more: object) -> Preview:
    """Return the preview of a deploy with few settings, not yet running."""
    base = {
        "registry_hostname": "registry.example.com",
        "registry_distribution_checksum": "sha256:" + "a" * 64,
    }
    return Preview(parse({**base, **more}), Path(binary.obtain()["path"]))


def ours(running: Preview) -> Server:
    """Return a preview as one of the servers."""
    return Server(running.settings.url, running.pid("nginx"), running.pid("registry"))


@contextmanager
def alone(
    running: Preview, auth: Mapping[str, object] | None = None, **environment: str
) -> Iterator[Server]:
    """Run the registry with its own TLS on a preview's images, as its documentation shows."""
    pair = running.scratch / "etc/tls/current"
    files = {"certificate": f"{pair}/certificate.pem", "key": f"{pair}/key.pem"}
    with _registry(running, {"tls": files}, auth, **environment) as (port, pid):
        yield Server(f"https://localhost:{port}", None, pid)


@contextmanager
def recipe(running: Preview) -> Iterator[Server]:
    """Run nginx before a registry on a preview's images, as their documentation shows."""
    with ExitStack() as stack:
        behind, registry = stack.enter_context(_registry(running, {}))
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        rendered = (running.scratch / "etc/current/proxy/nginx.conf").read_text()
        text = RECIPE.format(
            folder=folder,
            behind=behind,
            port=(port := free_port()),
            pair=running.scratch / "etc/tls/current",
            images=running.scratch / "images",
            tls=" ".join(
                re.findall(r"ssl_(?:protocols|ciphers|prefer|ecdh|session)[^;]+;", rendered)
            ),
        )
        Path(folder, "nginx.conf").write_text(text)
        user = " user root;" if os.geteuid() == 0 else ""
        argv = [
            "nginx",
            "-e",
            "stderr",
            "-p",
            folder,
            "-c",
            "nginx.conf",
            "-g",
            f"daemon off;{user}",
        ]
        proxy = stack.enter_context(_running(argv, port))
        yield Server(f"https://localhost:{port}", proxy, registry)


@contextmanager
def _registry(
    running: Preview,
    own: Mapping[str, object],
    auth: Mapping[str, object] | None = None,
    **environment: str,
) -> Iterator[tuple[int, int]]:
    """Run a registry on a TCP port; yield the port and the process."""
    port = free_port()
    config = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(running.scratch / "images")},
            "cache": {"blobdescriptor": "inmemory"},
        },
        "http": {"addr": f"127.0.0.1:{port}", "secret": "0" * 32, **own},
        **({"auth": auth} if auth else {}),
    }
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump(config, file)
        file.flush()
        argv = [binary.obtain()["path"], "serve", file.name]
        with _running(argv, port, **environment) as pid:
            yield port, pid


@contextmanager
def _running(argv: list[str], port: int, **environment: str) -> Iterator[int]:
    own = {**os.environ, "OTEL_TRACES_EXPORTER": "none", **environment}
    process = subprocess.Popen(argv, env=own, stderr=subprocess.DEVNULL)
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert process.poll() is None, f"{argv[0]} ended"
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait()
