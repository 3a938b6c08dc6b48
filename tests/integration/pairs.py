"""A rendered generation as processes of this machine: the real registry behind the real nginx."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import over_unix

from holdfast.rendering import Layout, render
from holdfast.settings import Settings
from tests.integration.conftest import running

Edit = Callable[[str], str]


def layout(directory: Path) -> Layout:
    """Return a layout with everything below one directory."""
    return Layout(
        *(str(directory / name) for name in ("etc", "opt", "run", "proxy", "cache", "logs"))
    )


def prepare(directory: Path, settings: Settings) -> Path:
    """Write generation 1 of some settings, and its certificate; return the file to trust."""
    places = layout(directory)
    pair = directory / "etc/tls/current"
    for folder in (pair, *map(Path, vars(places).values())):
        folder.mkdir(parents=True, exist_ok=True)
    _certify(settings.hostname, pair)
    for path, file in render(settings, places).items():
        place = directory / "etc/current" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(file.content)
    (directory / "etc/current/registry.sock").symlink_to(directory / "run/registry.sock")
    return pair / "certificate.pem"


def _certify(hostname: str, directory: Path) -> None:
    """Make a certificate that vouches for itself."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem"]
    names = ["-subj", f"/CN={hostname}", "-addext", f"subjectAltName=DNS:{hostname}"]
    usage = ["-addext", "keyUsage=critical,digitalSignature,keyCertSign"]
    subprocess.run(
        ["openssl", "req", "-x509", *key, *names, *usage, "-days", "30", "-out", "certificate.pem"],
        cwd=directory,
        check=True,
        capture_output=True,
    )


@contextmanager
def registry(binary: Path, directory: Path, settings: Settings) -> Iterator[None]:
    """Run the registry of a prepared generation."""
    listening = str(directory / "run/registry.sock")
    client = over_unix(listening, settings.hostname)
    with running(
        [binary, "serve", directory / "etc/current/registry/config.yml"],
        directory / "registry.log",
        client.check,
        REGISTRY_HTTP_ADDR=listening,
        REGISTRY_HTTP_SECRET="0" * 32,
    ):
        client.close()
        yield


@contextmanager
def proxy(directory: Path, settings: Settings, edit: Edit) -> Iterator[None]:
    """Run the proxy of a prepared generation, with an edited configuration."""
    # What one configuration took for a right login, the next would still believe.
    shutil.rmtree(directory / "proxy/logins", ignore_errors=True)
    rendered = directory / "etc/current/proxy/nginx.conf"
    edited = rendered.with_name("edited.conf")
    edited.write_text(edit(rendered.read_text()))
    address = ("127.0.0.1", settings.proxy.port)
    with running(
        # The workers of a root master would be another user's.
        ["nginx", "-e", "stderr", "-c", edited, "-g", "daemon off; user root;"],
        directory / "nginx.log",
        lambda: socket.create_connection(address, 5).close(),
    ):
        yield
