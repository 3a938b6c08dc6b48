"""What becomes of the value of a key that a setting covers."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from holdfast.importing.entries import Entry

UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
"""Seconds of each of Go's units of duration."""


@dataclass(frozen=True)
class Drop:
    """A key that becomes nothing, with the reason."""

    reason: str
    same: bool = False
    """Whether holdfast does the same without it."""


@dataclass(frozen=True)
class Sources:
    """What a key's meaning depends on: the other keys, and the folder that paths count from."""

    entries: Mapping[str, Entry]
    folder: Path
    path: str = ""
    """Path of the key that is asked about."""
    version: str = ""
    """Version that the configuration was written for."""

    def value(self, path: str) -> Any:
        """Return the value of another key; None when it is not there."""
        return self.entries[path].value if path in self.entries else None

    def readable(self, *paths: str) -> bool:
        """Tell whether keys name files that can be read here."""
        values = [self.value(path) for path in paths]
        return all(v and os.access(self.folder / v, os.R_OK) for v in values)


Become = Callable[[Any, Sources], dict[str, Any] | Drop]


def seconds(duration: Any) -> float:
    """Return the seconds of a duration in Go's form, such as 1h30m."""
    found = re.findall(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)", str(duration))
    return sum(float(number) * UNITS[unit] for number, unit in found)


def becomes(name: str, change: Callable[[Any], Any] = lambda value: value) -> Become:
    """Return what makes a setting of a value."""
    return lambda value, _: {name: change(value)}


def lasts(name: str, unit: float) -> Become:
    """Return what makes a setting of a duration: units of so many seconds, one at least."""

    def become(value: Any, _: Sources) -> dict[str, Any] | Drop:
        whole = math.ceil(round(seconds(value) / unit, 6))
        return {name: whole} if whole else Drop(f"nothing is not offered. See {name}")

    return become


def drops(reason: str) -> Become:
    """Return what makes nothing of a value."""
    return lambda *_: Drop(reason)


def the_same(*_: Any) -> Drop:
    """Make nothing of a value, for it changes nothing."""
    return Drop("holdfast does so anyway", same=True)


def log_format(value: Any, _: Sources) -> dict[str, Any]:
    """Make text or json of the form of the log; logstash is json with other names."""
    return {"registry_log_format": "text" if value == "text" else "json"}


def public_name(value: Any, _: Sources) -> dict[str, Any] | Drop:
    """Make the registry's name and port of its public address."""
    name, port = _authority(value)
    if not name:
        return Drop("no host name in it")
    odd = port not in (None, 80, 443)
    return {"registry_hostname": name, **({"registry_proxy_port": port} if odd else {})}


def address(value: Any, sources: Sources) -> dict[str, Any] | Drop:
    """Make the public port of the address that the old registry listened on, if clients saw it."""
    _, port = _authority(value)
    own_tls = sources.value("http.tls.certificate") or uses_acme(sources)
    if own_tls and not sources.value("http.host") and port not in (None, 80, 443):
        return {"registry_proxy_port": port}
    return Drop("the proxy listens for clients, on registry_proxy_port")


def certificate(name: str) -> Become:
    """Return what makes a certificate of one's own: of this machine, else of the host."""

    def become(value: Any, sources: Sources) -> dict[str, Any]:
        here = sources.readable("http.tls.certificate", "http.tls.key")
        place = str((sources.folder / value).resolve()) if here else f"host:{value}"
        return {"registry_tls_mode": "own", f"registry_tls_{name}": place}

    return become


def uses_acme(sources: Sources) -> bool:
    """Tell whether the old registry asks Let's Encrypt: with a cache, and without a certificate."""
    cache = sources.value("http.tls.letsencrypt.cachefile")
    return bool(cache) and not sources.value("http.tls.certificate")


def with_acme(become: Callable[[Any], dict[str, Any]]) -> Become:
    """Return what makes settings of a value only where Let's Encrypt is asked."""

    def only_when_on(value: Any, sources: Sources) -> dict[str, Any] | Drop:
        off = "not in use: there is a certificate, or no letsencrypt.cachefile"
        return become(value) if uses_acme(sources) else Drop(off)

    return only_when_on


def first_host(value: Any, sources: Sources) -> dict[str, Any] | Drop:
    """Make the registry's name of the first of the certificate's names."""
    if not value or sources.value("http.host"):
        return Drop("the certificate is for registry_hostname")
    return {"registry_hostname": value[0].lower()}


def client_authorities(value: Any, sources: Sources) -> dict[str, Any] | Drop:
    """Make mutual TLS of the authority of clients' certificates, when its file is here."""
    if len(value) != 1 or not os.access(sources.folder / value[0], os.R_OK):
        return Drop("expected one file that can be read here. See registry_mtls_ca")
    if_given = sources.value("http.tls.clientauth") == "verify-client-cert-if-given"
    path = str((sources.folder / value[0]).resolve())
    return {
        "registry_mtls_verify": "optional" if if_given else "require",
        "registry_mtls_ca": path,
    }


def secret(value: Any, _: Sources) -> dict[str, Any] | Drop:
    """Make the shared secret, if it is long enough."""
    if 32 <= len(value) <= 256:
        return {"registry_http_secret": value}
    return Drop("not of 32 to 256 characters: the host makes one of its own")


def _authority(value: Any) -> tuple[str | None, int | None]:
    """Return host name and port of an address with or without a scheme; None for what is not."""
    try:
        found = urlsplit(value if "://" in value else f"//{value}")
        return found.hostname, found.port
    except ValueError:
        return None, None
