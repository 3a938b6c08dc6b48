"""Keys that have a setting: which one, and what becomes of the value."""

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


def _as(name: str, change: Callable[[Any], Any] = lambda value: value) -> Become:
    return lambda value, _: {name: change(value)}


def _drop(reason: str) -> Become:
    return lambda *_: Drop(reason)


def _format(value: Any, _: Sources) -> dict[str, Any]:
    return {"registry_log_format": "text" if value == "text" else "json"}


def _host(value: Any, _: Sources) -> dict[str, Any] | Drop:
    address = urlsplit(str(value) if "://" in str(value) else f"https://{value}")
    if not address.hostname:
        return Drop("no host name in it")
    port = {} if address.port in (None, 80, 443) else {"registry_proxy_port": address.port}
    return {"registry_hostname": address.hostname, **port}


def _addr(value: Any, sources: Sources) -> dict[str, Any] | Drop:
    port = str(value).rpartition(":")[2]
    own_tls = sources.value("http.tls.certificate") or _acme(sources)
    named = urlsplit(str(sources.value("http.host") or "")).port
    if own_tls and not named and port.isdigit() and port not in ("80", "443"):
        return {"registry_proxy_port": int(port)}  # clients have it in their names of images
    return Drop("the proxy listens for clients, on registry_proxy_port")


def _pair(name: str) -> Become:
    def become(value: Any, sources: Sources) -> dict[str, Any]:
        here = sources.readable("http.tls.certificate", "http.tls.key")
        place = str((sources.folder / value).resolve()) if here else f"host:{value}"
        return {"registry_tls_mode": "own", f"registry_tls_{name}": place}

    return become


def _acme(sources: Sources) -> bool:
    cache = sources.value("http.tls.letsencrypt.cachefile")
    return bool(cache) and not sources.value("http.tls.certificate")


def _letsencrypt(become: Callable[[Any], dict[str, Any]]) -> Become:
    def only_when_on(value: Any, sources: Sources) -> dict[str, Any] | Drop:
        off = "not in use: there is a certificate, or no letsencrypt.cachefile"
        return become(value) if _acme(sources) else Drop(off)

    return only_when_on


def _first_host(value: Any, sources: Sources) -> dict[str, Any] | Drop:
    if not value or sources.value("http.host"):
        return Drop("the certificate is for registry_hostname")
    return {"registry_hostname": str(value[0]).lower()}


def _client_authorities(value: Any, sources: Sources) -> dict[str, Any] | Drop:
    if len(value) != 1 or not os.access(sources.folder / value[0], os.R_OK):
        return Drop("expected one file that can be read here. See registry_mtls_ca")
    if_given = sources.value("http.tls.clientauth") == "verify-client-cert-if-given"
    verify = "optional" if if_given else "require"
    path = str((sources.folder / value[0]).resolve())
    return {"registry_mtls_verify": verify, "registry_mtls_ca": path}


def _secret(value: Any, _: Sources) -> dict[str, Any] | Drop:
    if 32 <= len(str(value)) <= 256:
        return {"registry_http_secret": str(value)}
    return Drop("shorter than 32 characters: the host makes one of its own")


def _same(*_: Any) -> Drop:
    return Drop("holdfast does so anyway", same=True)


def _drain(value: Any, _: Sources) -> dict[str, Any]:
    return {"registry_http_drain_seconds": max(1, math.ceil(seconds(value)))}


SETTINGS: dict[str, Become] = {
    "version": _same,
    "auth.htpasswd": _same,
    "log.level": _as("registry_log_level", str.lower),
    "log.formatter": _format,
    "log.accesslog.disabled": _drop("the proxy keeps the access log"),
    "http.addr": _addr,
    "http.net": _drop("each generation has a unix socket of its own"),
    "http.host": _host,
    "http.secret": _secret,
    "http.relativeurls": _drop("registry_hostname is in every address"),
    "http.draintimeout": _as(
        "registry_http_drain_seconds", lambda v: max(1, math.ceil(seconds(v)))
    ),
    "http.debug.addr": _drop("holdfast status and registry_metrics_directory tell how it is"),
    "http.debug.prometheus.enabled": _drop("registry_metrics_directory has the figures"),
    "http.debug.prometheus.path": _drop("registry_metrics_directory has the figures"),
    "http.http2.disabled": _drop("the proxy speaks with clients"),
    "http.h2c.enabled": _drop("the proxy speaks with clients"),
    "http.tls.certificate": _pair("certificate"),
    "http.tls.key": _pair("key"),
    "http.tls.minimumtls": _as(
        "registry_tls_profile", lambda v: "modern" if v == "tls1.3" else "intermediate"
    ),
    "http.tls.ciphersuites": _drop("registry_tls_profile chooses them"),
    "http.tls.clientcas": _client_authorities,
    "http.tls.clientauth": _drop("registry_mtls_verify has it, with http.tls.clientcas"),
    "http.tls.letsencrypt.cachefile": _letsencrypt(
        lambda _: {"registry_tls_mode": "acme", "registry_tls_accept_terms": True}
    ),
    "http.tls.letsencrypt.email": _letsencrypt(lambda v: {"registry_tls_email": v}),
    "http.tls.letsencrypt.directoryurl": _letsencrypt(lambda v: {"registry_tls_directory": v}),
    "http.tls.letsencrypt.hosts": _first_host,
    "storage.filesystem.rootdirectory": _as("registry_storage_directory"),
    "storage.delete.enabled": _as("registry_storage_delete"),
    "storage.maintenance.uploadpurging.age": _as(
        "registry_storage_purge_hours", lambda v: max(1, math.ceil(seconds(v) / 3600))
    ),
    "auth.htpasswd.realm": _as("registry_auth_realm"),
    "auth.none": _drop("holdfast always asks for a login: registry_auth_users"),
    "auth.silly.realm": _drop("it lets everybody in: registry_auth_users"),
    "auth.silly.service": _drop("it lets everybody in: registry_auth_users"),
}
"""What becomes of each key that a setting covers; users are in users.py."""
