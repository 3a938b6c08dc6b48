"""What a host needs to keep its certificates by itself: a plan, and the programs that follow it."""

from __future__ import annotations

from functools import cache
from pathlib import PurePosixPath
from typing import Any

from holdfast.bundle import collection_root
from holdfast.rendering.layout import Layout
from holdfast.settings.model import Settings
from holdfast.settings.storage import Filesystem
from holdfast.settings.tls import Acme, External, KeyType, OwnCertificate, PrivateCA, origin

PACKAGE = PurePosixPath("ansible_collections/holdfast/registry/plugins/module_utils")
PROGRAMS = (
    *("certificates", "files", "handshake", "liveness", "metrics", "names", "proxy"),
    *("registry_http", "renewal", "revocation", "stapling", "steps", "systemd", "upkeep"),
    *("fetching", "cache", "cache_state", "resp", "room"),
)
"""Modules of the collection that also run on the host by themselves."""

KINDS: dict[KeyType, list[list[str]]] = {
    "ecdsa": [["", "ecdsa"]],
    "rsa": [["", "rsa"]],
    "both": [["", "ecdsa"], ["rsa-", "rsa"]],
}
"""Prefix of the files and kind of the key, by `registry_tls_key_type`."""


@cache
def programs() -> dict[str, str]:
    """Return the text of each program by its path in a generation."""
    folder = collection_root() / "plugins" / "module_utils"
    return {f"agent/{PACKAGE}/{name}.py": (folder / f"{name}.py").read_text() for name in PROGRAMS}


def plan(settings: Settings, layout: Layout, probe: dict[str, Any]) -> dict[str, Any]:
    """Return what `module_utils/upkeep.py` goes by; it holds no secret."""
    tls = settings.tls
    own = tls.host_paths if isinstance(tls, OwnCertificate) else None
    return {
        "origin": origin(tls),
        "hostname": settings.hostname,
        "names": list(settings.names),
        "successors": isinstance(tls, PrivateCA),
        "warn_days": 0 if isinstance(tls, External) else tls.warn_days,
        "host_paths": list(own) if own else None,
        "acme": _acme(tls, layout) if isinstance(tls, Acme) else None,
        "crl_url": settings.mtls.crl_url,
        "staple": staples(settings),
        "metrics": settings.metrics.directory,
        "storage": _room(settings),
        "probe": probe,
    }


def _room(settings: Settings) -> dict[str, Any] | None:
    """Return where images are on the host, and how much should be free; None: they are not."""
    storage = settings.storage
    if not isinstance(storage, Filesystem):
        return None
    percent = storage.minimum_free_percent
    return {"directory": storage.directory, "minimum_free_percent": percent}


def fetches(settings: Settings) -> bool:
    """Tell whether the host has to ask other machines for something."""
    asks = isinstance(settings.tls, Acme) or settings.mtls.crl_url is not None
    return asks or staples(settings)


def staples(settings: Settings) -> bool:
    """Tell whether the proxy shows OCSP answers."""
    return isinstance(settings.tls, OwnCertificate) and settings.tls.stapling


def _acme(tls: Acme, layout: Layout) -> dict[str, Any]:
    return {
        "server": tls.server,
        "path": f"{layout.state}/acme",
        "kinds": KINDS[tls.key_type],
        "renew_days": tls.renew_days,
    }
