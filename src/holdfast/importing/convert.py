"""Convert values of a registry's configuration to settings: general keys and helpers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from holdfast.importing.entry import Entry, Files
from holdfast.settings.placeholder import is_placeholder, placeholder

UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
"""Seconds in each unit of Go's durations."""


DEFAULT_DIRECTORY = "/var/lib/registry"
"""The registry's default directory of images."""


@dataclass(frozen=True)
class Drop:
    """Result of a key that becomes no setting, with the reason."""

    reason: str
    same: bool = False
    """True if holdfast behaves the same without the key."""


@dataclass(frozen=True)
class Sources:
    """Context of a conversion: the other keys, the folder of relative paths, the version."""

    entries: Mapping[str, Entry]
    files: Files
    path: str = ""
    """Path of the converted key."""
    version: str = ""
    """Version of the registry that reads the configuration."""

    def value(self, path: str) -> Any:
        """Return the value of another key; None if there is no such key."""
        return self.entries[path].value if path in self.entries else None

    def readable(self, *paths: str) -> bool:
        """Return True if the keys name files that can be read on this machine."""
        values = [self.value(path) for path in paths]
        return all(value and self.files.readable(value) for value in values)


Convert = Callable[[Any, Sources], dict[str, Any] | Drop]


def seconds(duration: Any) -> float:
    """Return the seconds of a duration in Go's form, such as 1h30m."""
    found = re.findall(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)", str(duration))
    return sum(float(number) * UNITS[unit] for number, unit in found)


def setting(name: str, change: Callable[[Any], Any] = lambda value: value) -> Convert:
    """Return a conversion to one setting."""
    return lambda value, _: {name: change(value)}


def duration(name: str, unit: float) -> Convert:
    """Return a conversion of a duration to whole units of `unit` seconds, at least one."""

    def convert(value: Any, _: Sources) -> dict[str, Any] | Drop:
        whole = math.ceil(round(seconds(value) / unit, 6))
        return {name: whole} if whole else Drop(f"nothing is not offered. See {name}")

    return convert


def dropped(reason: str) -> Convert:
    """Return a conversion that drops the key, for a fixed reason."""
    return lambda *_: Drop(reason)


def unneeded(*_: Any) -> Drop:
    """Drop a key that changes nothing."""
    return Drop("holdfast does so anyway", same=True)


def with_scheme(value: str) -> str:
    """Return the address of a proxy, which programs take without a scheme, too."""
    return value if "://" in value else f"http://{value}"


def listed(value: str) -> list[str]:
    """Return the parts of a text with commas."""
    return [part for one in value.split(",") if (part := one.strip())]


def log_format(value: Any, _: Sources) -> dict[str, Any]:
    """Convert the log's format to text or json; logstash is json with other names."""
    return {"registry_log_format": "text" if value == "text" else "json"}


def public_name(value: Any, _: Sources) -> dict[str, Any] | Drop:
    """Convert the public address to the registry's name and port."""
    name, port = _authority(value)
    if not name:
        return Drop("no host name in it")
    odd = port not in (None, 80, 443)
    return {"registry_hostname": name, **({"registry_proxy_port": port} if odd else {})}


def address(value: Any, sources: Sources) -> dict[str, Any] | Drop:
    """Convert the listening address to the public port, if clients connected to it."""
    _, port = _authority(value)
    own_tls = sources.value("http.tls.certificate") or uses_acme(sources)
    if own_tls and not sources.value("http.host") and port not in (None, 80, 443):
        return {"registry_proxy_port": port}
    return Drop("the proxy listens for clients, on registry_proxy_port")


def certificate(name: str) -> Convert:
    """Return a conversion of a certificate's path: on the controller if readable, else on the
    host."""

    def convert(value: Any, sources: Sources) -> dict[str, Any]:
        here = sources.readable("http.tls.certificate", "http.tls.key")
        if sources.files.unknown(value) and not here:
            mark = placeholder(f"host: and the path on the host of {value}, which is mounted")
            return {"registry_tls_mode": "own", f"registry_tls_{name}": mark}
        place = sources.files.path(value).resolve()
        shown = str(place) if here else f"host:{place}"
        given = None if place.exists() else sources.files.text(value)
        return {"registry_tls_mode": "own", f"registry_tls_{name}": given or shown}

    return convert


def uses_acme(sources: Sources) -> bool:
    """Return True if the old registry uses Let's Encrypt: a cache file, and no certificate."""
    cache = sources.value("http.tls.letsencrypt.cachefile")
    return bool(cache) and not sources.value("http.tls.certificate")


def with_acme(convert: Callable[[Any], dict[str, Any]]) -> Convert:
    """Return a conversion that applies only where Let's Encrypt is in use."""

    def only_when_on(value: Any, sources: Sources) -> dict[str, Any] | Drop:
        off = "not in use: there is a certificate, or no letsencrypt.cachefile"
        return convert(value) if uses_acme(sources) else Drop(off)

    return only_when_on


def first_host(value: Any, sources: Sources) -> dict[str, Any] | Drop:
    """Convert the first of the certificate's names to the registry's name."""
    if not value or sources.value("http.host"):
        return Drop("the certificate is for registry_hostname")
    return {"registry_hostname": value[0].lower()}


def client_authorities(value: Any, sources: Sources) -> dict[str, Any] | Drop:
    """Convert the authorities of clients' certificates to mutual TLS.

    One file stays a path; several become one text. A file that cannot be read leaves a mark.
    """
    if not value:
        return Drop("an empty list: no client shows a certificate")
    verify = sources.value("http.tls.clientauth")
    unverified = ("request-client-cert", "require-any-client-cert")
    if verify in unverified:
        return Drop(f"{verify} verifies nothing. See registry_mtls_verify")
    texts = [sources.files.text(path) for path in value]
    lost = [str(path) for path, text in zip(value, texts, strict=True) if text is None]
    if lost:
        given = placeholder(f"the certificates of {', '.join(lost)}, which cannot be read here")
    elif len(value) == 1 and sources.files.path(value[0]).exists():
        given = str(sources.files.path(value[0]).resolve())
    else:
        given = "\n".join(text.strip() for text in texts if text) + "\n"
    optional = verify == "verify-client-cert-if-given"
    return {
        "registry_mtls_verify": "optional" if optional else "require",
        "registry_mtls_ca": given,
    }


def directory(value: Any, sources: Sources) -> dict[str, Any]:
    """Convert the directory of images; one that is mounted into a container is the host's."""
    path = sources.files.path(value)
    if sources.files.unknown(value):
        return {"registry_storage_directory": placeholder(f"the host's directory, {path}")}
    host = str(path.resolve()) if str(path) != str(value) else str(value)
    return {"registry_storage_directory": host}


def secret(value: Any, _: Sources) -> dict[str, Any] | Drop:
    """Convert the shared secret, if it is long enough."""
    if 32 <= len(value) <= 256 or is_placeholder(value):
        return {"registry_http_secret": value}
    return Drop("not of 32 to 256 characters: the host generates one")


def _authority(value: Any) -> tuple[str | None, int | None]:
    """Return host name and port of an address with or without a scheme; None for a missing one."""
    try:
        found = urlsplit(value if "://" in value else f"//{value}")
        return found.hostname, found.port
    except ValueError:
        return None, None
