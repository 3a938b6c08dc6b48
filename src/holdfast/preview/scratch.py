"""The settings and the files of a preview: a deploy's own, with other paths and ports."""

from __future__ import annotations

import re
import secrets
import socket
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from holdfast.certificates import Authority
from holdfast.rendering import Layout, render
from holdfast.settings import Settings
from holdfast.settings.sections import User

NAME = "localhost"
"""The one name that resolves to this machine everywhere."""

MADE_USER = "preview"
"""Who may log in where no password is known."""

POST_QUANTUM = (3, 5)
"""First OpenSSL that knows the key exchange that is rendered for Debian 13."""


def free_port() -> int:
    """Return a TCP port of loopback that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def adapt(settings: Settings, scratch: Path, port: int, openssl: tuple[int, int]) -> Settings:
    """Return settings for this machine: its name, a high port, a directory for images, a login."""
    proxy = {"port": port, "http_port": 0, "addresses": ("127.0.0.1",)}
    users = settings.auth.users
    if settings.probe_user is None:
        users += (User(name=MADE_USER, password=SecretStr(secrets.token_urlsafe(12))),)
    return settings.model_copy(
        update={
            "hostname": NAME,
            "platform": settings.platform if openssl >= POST_QUANTUM else "debian12",
            "proxy": settings.proxy.model_copy(update=proxy),
            "auth": settings.auth.model_copy(update={"users": users}),
            "storage": settings.storage.model_copy(update={"directory": str(scratch / "images")}),
        }
    )


def write(settings: Settings, scratch: Path) -> Layout:
    """Write a generation, a certificate and all directories below the scratch directory."""
    places = ("etc", "opt", "run", "proxy", "cache", "logs")
    etc, opt, run, proxy, cache, logs = (str(scratch / name) for name in places)
    layout = Layout(etc, opt, run, proxy, cache, logs)
    for name in (*places, "images", "etc/tls/current", "trust"):
        (scratch / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    generation = scratch / "etc/generations/1"
    for path, file in render(settings, layout).items():
        target = generation / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(mode=0o600)
        target.write_text(file.content)
    (generation / "registry.sock").symlink_to(scratch / "run/registry@1.sock")
    (scratch / "etc/current").symlink_to("generations/1")
    now = datetime.now(UTC)
    authority = Authority.create("preview", 30, now)
    (scratch / "trust" / "ca.crt").write_text(authority.trust)
    pair = authority.issue(NAME, 30, now)
    for name, text in (("certificate", pair.certificate_pem), ("key", pair.key_pem)):
        target = scratch / f"etc/tls/current/{name}.pem"
        target.touch(mode=0o600)
        target.write_text(text)
    return layout


def openssl_of(nginx: str) -> tuple[int, int]:
    """Return the version of OpenSSL that an nginx runs with."""
    done = subprocess.run([nginx, "-V"], capture_output=True, text=True, check=False)
    found = re.findall(r"(?:built|running) with OpenSSL (\d+)\.(\d+)", done.stderr)
    return (int(found[-1][0]), int(found[-1][1])) if found else (0, 0)
