"""Settings and files of a preview: those of a deploy, with other paths and ports."""

from __future__ import annotations

import re
import secrets
import socket
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr

from holdfast import platforms
from holdfast.certificates import Occasion, probe_pair, wanted
from holdfast.rendering import Layout, render
from holdfast.rendering.component import Component
from holdfast.rendering.components import components
from holdfast.settings import Settings
from holdfast.settings.sections.auth import Auth, User
from holdfast.settings.sections.cache import MemoryCache
from holdfast.settings.sections.cdn import NoCdn
from holdfast.settings.sections.metrics import Metrics
from holdfast.settings.sections.mirrors import Mirror
from holdfast.settings.sections.notifications import Notifications
from holdfast.settings.sections.storage import Filesystem, Storage, Stored
from holdfast.settings.sections.tls import PrivateCA, Tls

NAME = "localhost"
"""The one host name that resolves to the own machine everywhere."""

MADE_USER = "preview"
"""User name that is created if no password is known."""


def free_port() -> int:
    """Return a TCP port of loopback that is currently free."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def adapt(settings: Settings, scratch: Path, port: int, openssl: tuple[int, int]) -> Settings:
    """Adapt settings to the controller: host name, a high port, a directory for images, a login.

    Certificates are issued for the preview, with the profile and key types of the settings.
    """
    proxy = {"port": port, "http_port": 0, "addresses": ("127.0.0.1",)}
    mtls = {"ca": None, "crl": None, "crl_url": None}
    return settings.model_copy(
        update={
            "hostname": NAME,
            "platform": platforms.for_openssl(settings.platform, openssl),
            "tls": _certified(settings.tls),
            "mtls": settings.mtls.model_copy(update=mtls),
            "proxy": settings.proxy.model_copy(update=proxy),
            "auth": _auth(settings),
            "mirrors": tuple(_mirrored(one, scratch) for one in settings.mirrors),
            "storage": _local(settings.storage, str(scratch / "images")),
            "extra_config": _without_driver(settings),
            # What others share stays as it is: a preview has images of its own, and tells nobody.
            "cache": MemoryCache(mode="memory"),
            "cdn": NoCdn(mode="none"),
            "notifications": Notifications(),
            "metrics": _scraped(settings.metrics),
        }
    )


def _auth(settings: Settings) -> Auth:
    """Return the settings of logins, with a user whose password is known here."""
    auth, external = settings.auth, settings.auth.external_token
    if external:
        # The issuer knows the registry by the name that it has on its host.
        return external.model_copy(update={"service": external.service or settings.hostname})
    if settings.probe_user is not None:
        return auth
    return auth.with_user(User(name=MADE_USER, password=SecretStr(secrets.token_urlsafe(12))))


def _mirrored(mirror: Mirror, scratch: Path) -> Mirror:
    """Return a mirror below the one host name of the preview."""
    place = str(scratch / "mirrored" / mirror.name)
    return mirror.model_copy(update={"hostname": None, "directory": place})


def _local(storage: Storage, directory: str) -> Filesystem:
    """Return settings of a local directory for images in place of any storage."""
    same = {key: getattr(storage, key) for key in Stored.model_fields}
    return Filesystem(driver="filesystem", directory=directory, **same)


def _without_driver(settings: Settings) -> dict[str, Any]:
    """Return registry_extra_config without the keys of other storage drivers."""
    extra = settings.extra_config
    if settings.storage.on_host or not extra.get("storage"):
        return extra
    drivers = {"s3", "gcs", "azure"}
    kept = {key: value for key, value in extra["storage"].items() if key not in drivers}
    return {**extra, "storage": kept}


def _scraped(metrics: Metrics) -> Metrics:
    """Return settings of metrics that answer on loopback, if they answer at all."""
    place = f"127.0.0.1:{free_port()}" if metrics.address else "none"
    return metrics.model_copy(update={"listen": place, "client_ca": None})


def _certified(tls: Tls) -> PrivateCA:
    """Return settings that issue certificates like those of a TLS mode."""
    profile: Literal["modern", "intermediate"] = "modern" if tls.only_tls13 else "intermediate"
    return PrivateCA(mode="private_ca", profile=profile, key_type=tls.key_kinds)


def write(settings: Settings, scratch: Path) -> Layout:
    """Write a generation, its certificates and all directories below the scratch directory."""
    places = ("etc", "opt", "run", "proxy", "cache", "logs", "audit")
    etc, opt, run, proxy, cache, logs, audit = (str(scratch / name) for name in places)
    state, gate = str(scratch / "state"), str(scratch / "run/gate")
    layout = Layout(etc, opt, run, proxy, cache, logs, audit, state, gate)
    runs = {f"{name}_run": str(scratch / "run" / name) for name in ("facts", "index")}
    layout = replace(layout, **runs)
    found = components(settings, layout)
    wanted = [Path(entry.path) for one in found for entry in one.directories]
    here = [path for path in wanted if path.is_relative_to(scratch)]
    fixed = (*places, "run/logins", "images", "etc/tls/current", "trust")
    for path in (*(scratch / name for name in fixed), *here):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    generation = scratch / "etc/generations/1"
    (scratch / "etc/current").symlink_to("generations/1")
    for name, file in render(settings, layout).items():
        target = generation / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(mode=0o600)
        target.write_text(file.content)
    _link_sockets(found, scratch, generation)
    if (generation / "trust").exists():
        Path(layout.trust).symlink_to(generation / "trust")
    _certificates(settings, scratch)
    return layout


def _link_sockets(found: list[Component], scratch: Path, generation: Path) -> None:
    """Link the sockets of a generation's services to the names that the proxy uses."""
    sockets = {process.name: process.socket for one in found for process in one.processes}
    for service in (service for one in found for service in one.services):
        target = scratch / "run" / service.name / sockets[service.name]
        for link in [service.name, *([f"{service.name}-1"] if service.pools else [])]:
            (generation / f"{link}.sock").symlink_to(target)


def _certificates(settings: Settings, scratch: Path) -> None:
    """Write certificates of an authority for this preview, and the files for its clients."""
    occasion = Occasion(datetime.now(UTC), create=True)
    made = wanted(settings, scratch, None, occasion)
    keys = {name: key.get_secret_value() for name, key in made.keys.items()}
    files = {f"etc/tls/current/{name}": text for name, text in {**made.server, **keys}.items()}
    files.update({f"etc/tls/clients/{name}": text for name, text in made.clients.items()})
    # Apart from its key: clients that are given a folder take all that lies in it.
    files["trust/ca.crt"] = (scratch / "pki" / "ca.crt").read_text()
    pair = probe_pair(settings, scratch, occasion.now)
    if pair:
        files["trust/client.cert"], files["trust/client.key"] = pair
    for name, text in files.items():
        target = scratch / name
        target.parent.mkdir(mode=0o700, exist_ok=True)
        target.touch(mode=0o600)
        target.write_text(text)


def openssl_of(nginx: str) -> tuple[int, int]:
    """Return the version of OpenSSL of an nginx program."""
    done = subprocess.run([nginx, "-V"], capture_output=True, text=True, check=False)
    found = re.findall(r"(?:built|running) with OpenSSL (\d+)\.(\d+)", done.stderr)
    return (int(found[-1][0]), int(found[-1][1])) if found else (0, 0)
