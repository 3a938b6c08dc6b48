"""Run a rendered generation as local processes: the real registry behind the real nginx."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.gate.control import Cycle
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import over_unix

from holdfast.issuer import keyset
from holdfast.rendering import Layout, render
from holdfast.settings import Settings
from holdfast.settings.sections.auth import Token
from tests.integration.conftest import running

Edit = Callable[[str], str]


def layout(directory: Path) -> Layout:
    """Return a layout with everything below one directory."""
    names = ("etc", "opt", "run", "proxy", "cache", "logs", "audit", "state", "gate")
    return Layout(*(str(directory / name) for name in names))


def prepare(directory: Path, settings: Settings) -> Path:
    """Write generation 1 of some settings, and its certificate; return the file to trust."""
    places = layout(directory)
    pair = directory / "etc/tls/current"
    for folder in (pair, *map(Path, vars(places).values())):
        folder.mkdir(parents=True, exist_ok=True)
    certify(settings.names, pair)
    for path, file in render(settings, places).items():
        place = directory / "etc/current" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(file.content)
    for name, target in (
        ("registry", "registry.sock"),
        ("logins", "socket"),
        ("issuer", "issuer.sock"),
    ):
        link = directory / f"etc/current/{name}.sock"
        link.unlink(missing_ok=True)
        link.symlink_to(directory / "run" / target)
    if isinstance(settings.auth, Token):
        change_keys(directory, None)
    return pair / "certificate.pem"


def change_keys(directory: Path, change: str | None) -> None:
    """Give a prepared generation other keys, as an activation does."""
    order = json.loads((directory / "etc/current/issuer/keys.json").read_text())
    trust, before = directory / "etc/trust", (directory / "etc/trust").resolve().parent
    known = before if trust.is_symlink() else None
    new = directory / "etc" / f"keys{time.monotonic_ns()}"
    keyset.write(new, known, {**order, "change": change}, time.time())
    trust.unlink(missing_ok=True)
    trust.symlink_to(new / "trust")


def certify(hostnames: Sequence[str], directory: Path) -> None:
    """Create a self-signed certificate."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem"]
    every = ",".join(f"DNS:{name}" for name in hostnames)
    names = ["-subj", f"/CN={hostnames[0]}", "-addext", f"subjectAltName={every}"]
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
    """Run the proxy of a prepared generation, and its check of logins, both edited."""
    # What one configuration took for a right login, the next would still believe.
    shutil.rmtree(directory / "proxy/logins", ignore_errors=True)
    edited = {
        name: _edited(directory / f"etc/current/{name}/nginx.conf", edit)
        for name in ("proxy", "logins")
        if (directory / f"etc/current/{name}").exists()
    }
    address = (settings.addresses[0], settings.ports[0][0])
    with ExitStack() as stack:
        if "logins" in edited:
            stack.enter_context(logins(directory, edited["logins"]))
        if (directory / "etc/current/issuer").exists():
            stack.enter_context(issuer(directory))
        if (directory / "etc/current/gate").exists():
            stack.enter_context(gate(directory))
        stack.enter_context(
            running(
                nginx(edited["proxy"]),
                directory / "nginx.log",
                lambda: socket.create_connection(address, 5).close(),
            )
        )
        yield


@contextmanager
def logins(directory: Path, conf: Path) -> Iterator[None]:
    """Run the check of logins, with the low priority that its unit gives it."""
    place = directory / "run/socket"
    place.unlink(missing_ok=True)
    argv = ["nice", "-n", "10", "env", "-C", place.parent, *nginx(conf), "-p", place.parent]
    with running(argv, directory / "logins.log", over_unix(str(place), "logins").check):
        yield


@contextmanager
def issuer(directory: Path) -> Iterator[None]:
    """Run the issuer of a prepared generation, from the programs that are rendered for it."""
    current, place = directory / "etc/current", directory / "run/issuer.sock"
    keys, log = (directory / "etc/trust").resolve().parent, directory / "audit/audit.log"
    argv = [sys.executable, "-m", "holdfast.issuer", current / "issuer", keys, place, log]
    with running(
        argv,
        directory / "issuer.log",
        over_unix(str(place), "issuer").check,
        PYTHONPATH=str(current / "issuer/programs"),
    ):
        yield


@contextmanager
def gate(directory: Path) -> Iterator[None]:
    """Run the gate of a prepared generation, from the programs that are rendered for it."""
    current, place = directory / "etc/current", directory / "gate"
    sockets = (place / "manifests.sock", place / "control.sock")
    argv = [sys.executable, "-I", "-B", current / "agent/run.py", "gate.service", current]
    with running(
        [*argv, directory / "state/pushes", *sockets],
        directory / "gate.log",
        Cycle(str(sockets[1])).figures,
    ):
        yield


def nginx(conf: Path) -> list[str | Path]:
    """Return the command that runs nginx with a configuration; it stays in the foreground."""
    # The workers of a root master would be another user's.
    return ["nginx", "-e", "stderr", "-c", conf, "-g", "daemon off; user root;"]


def _edited(rendered: Path, edit: Edit) -> Path:
    # By its real path, as units name it: what it includes is of this generation for ever.
    edited = rendered.resolve().with_name("edited.conf")
    edited.write_text(edit(rendered.read_text()))
    return edited
