"""The settings and the files of a preview: a deploy's own, with other paths and ports."""

from __future__ import annotations

import json
import re
import secrets
import socket
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from holdfast.certificates import Occasion, probe_pair, wanted
from holdfast.rendering import Layout, render
from holdfast.rendering.services import services
from holdfast.settings import Settings
from holdfast.settings.auth import ExternalToken, Htpasswd, Token, User
from holdfast.settings.auth.access import AccessRule
from holdfast.settings.cache import MemoryCache
from holdfast.settings.cdn import NoCdn
from holdfast.settings.mirrors import Mirror
from holdfast.settings.notifications import Notifications
from holdfast.settings.storage import Filesystem, Storage, Stored
from holdfast.settings.tls import External, KeyType, OwnCertificate, PrivateCA, Tls

NAME = "localhost"
"""The one name that resolves to this machine everywhere."""

MADE_USER = "preview"
"""Who may log in where no password is known."""

_ALLOWED = AccessRule(
    subjects=(f"user:{MADE_USER}",), repositories=("**",), actions=("push", "delete", "catalog")
)

POST_QUANTUM = (3, 5)
"""First OpenSSL that knows the key exchange that is rendered for Debian 13."""


def free_port() -> int:
    """Return a TCP port of loopback that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def adapt(settings: Settings, scratch: Path, port: int, openssl: tuple[int, int]) -> Settings:
    """Return settings for this machine: its name, a high port, a directory for images, a login.

    Certificates are made for the preview, of the profile and the kinds that the settings name.
    """
    proxy = {"port": port, "http_port": 0, "addresses": ("127.0.0.1",)}
    auth = settings.auth
    mtls = {"ca": None, "crl": None, "crl_url": None}
    if isinstance(auth, Htpasswd | Token) and settings.probe_user is None:
        made = User(name=MADE_USER, password=SecretStr(secrets.token_urlsafe(12)))
        auth = auth.model_copy(update={"users": (*auth.users, made)})
        if isinstance(auth, Token):
            auth = auth.model_copy(update={"rules": (*auth.rules, _ALLOWED)})
    if isinstance(auth, ExternalToken):
        # The issuer knows the registry by the name that it has on its host.
        auth = auth.model_copy(update={"service": auth.service or settings.hostname})
    return settings.model_copy(
        update={
            "hostname": NAME,
            "platform": settings.platform if openssl >= POST_QUANTUM else "debian12",
            "tls": _certified(settings.tls),
            "mtls": settings.mtls.model_copy(update=mtls),
            "proxy": settings.proxy.model_copy(update=proxy),
            "auth": auth,
            "mirrors": tuple(_mirrored(one, scratch) for one in settings.mirrors),
            "storage": _local(settings.storage, str(scratch / "images")),
            "extra_config": _without_driver(settings),
            # What others share stays as it is: a preview has images of its own, and tells nobody.
            "cache": MemoryCache(mode="memory"),
            "cdn": NoCdn(mode="none"),
            "notifications": Notifications(),
        }
    )


def _mirrored(mirror: Mirror, scratch: Path) -> Mirror:
    """Return a mirror that is reached below the one name that there is here."""
    place = str(scratch / "mirrored" / mirror.name)
    return mirror.model_copy(update={"hostname": None, "directory": place})


def _local(storage: Storage, directory: str) -> Filesystem:
    """Return the settings with which images are kept here, whatever keeps them on the host."""
    same = {key: getattr(storage, key) for key in Stored.model_fields}
    return Filesystem(driver="filesystem", directory=directory, **same)


def _without_driver(settings: Settings) -> dict[str, Any]:
    """Return what is added to the registry's configuration, but for the keys of another driver."""
    extra = settings.extra_config
    if isinstance(settings.storage, Filesystem) or not extra.get("storage"):
        return extra
    drivers = {"s3", "gcs", "azure"}
    kept = {key: value for key, value in extra["storage"].items() if key not in drivers}
    return {**extra, "storage": kept}


def _certified(tls: Tls) -> PrivateCA:
    """Return the settings with which certificates like those of a mode are made here."""
    if isinstance(tls, External):
        return PrivateCA(mode="private_ca")
    if isinstance(tls, OwnCertificate):
        kind: KeyType = "both" if tls.rsa_key else "ecdsa"
        return PrivateCA(mode="private_ca", profile=tls.profile, key_type=kind)
    return PrivateCA(mode="private_ca", profile=tls.profile, key_type=tls.key_type)


def write(settings: Settings, scratch: Path) -> Layout:
    """Write a generation, a certificate and all directories below the scratch directory."""
    places = ("etc", "opt", "run", "proxy", "cache", "logs", "audit")
    etc, opt, run, proxy, cache, logs, audit = (str(scratch / name) for name in places)
    layout = Layout(etc, opt, run, proxy, cache, logs, audit, state=str(scratch / "state"))
    own = ["run/logins", *(f"run/{service}" for service in services(settings))]
    own += [f"mirrored/{mirror.name}" for mirror in settings.mirrors]
    for name in (*places, *own, "images", "etc/tls/current", "trust"):
        (scratch / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    generation = scratch / "etc/generations/1"
    (scratch / "etc/current").symlink_to("generations/1")
    for path, file in render(settings, layout).items():
        target = generation / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(mode=0o600)
        target.write_text(file.content)
    for service, how in services(settings).items():
        name = "socket" if service == "logins" else "1.sock"
        for link in [service, *([f"{service}-1"] if "pools" in how else [])]:
            (generation / f"{link}.sock").symlink_to(scratch / "run" / service / name)
    if isinstance(settings.auth, Token):
        _keys(scratch)
    elif (generation / "trust").exists():
        Path(layout.trust).symlink_to(generation / "trust")
    _certificates(settings, scratch)
    return layout


def _keys(scratch: Path) -> None:
    """Make keys for this preview alone; the registry sees here what it trusts by its own path."""
    from holdfast.issuer import keyset  # noqa: PLC0415 -- rarely needed

    order = json.loads((scratch / "etc/current/issuer/keys.json").read_text())
    keyset.write(scratch / "etc/keys", None, {**order, "change": None}, time.time())
    (scratch / "etc/trust").symlink_to("keys/trust")


def _certificates(settings: Settings, scratch: Path) -> None:
    """Write certificates of an authority for this preview alone, and what its clients need."""
    occasion = Occasion(datetime.now(UTC), create=True)
    made = wanted(settings, scratch, {}, occasion)
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
    """Return the version of OpenSSL that an nginx runs with."""
    done = subprocess.run([nginx, "-V"], capture_output=True, text=True, check=False)
    found = re.findall(r"(?:built|running) with OpenSSL (\d+)\.(\d+)", done.stderr)
    return (int(found[-1][0]), int(found[-1][1])) if found else (0, 0)
