"""Validate combinations of keys that are valid on their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from holdfast.errors import Complaint
from holdfast.versions import at_least

OPTIONS = {"cloudfront": ("baseurl", "privatekey", "keypairid"), "redirect": ("baseurl",)}
"""Options that a middleware requires; the registry does not start without them."""

NOT_DRIVERS = {"maintenance", "cache", "delete", "redirect", "tag"}
PURGING = ("enabled", "age", "interval", "dryrun")
REQUIRED = {
    "storage.s3": ("region", "bucket"),
    "storage.s3aws": ("region", "bucket"),
    "storage.gcs": ("bucket",),
    "storage.azure": ("accountname", "container"),
    "storage.oss": ("accesskeyid", "accesskeysecret", "region", "bucket"),
    "storage.swift": ("authurl", "username", "password", "container"),
    "auth.silly": ("realm", "service"),
    "auth.htpasswd": ("realm", "path"),
    "auth.token": ("realm", "service", "issuer"),
    "storage.redirect": ("disable",),
}
"""Keys that a section requires; the registry does not start without them."""


def rules(config: Mapping[str, Any], version: str) -> Iterator[Complaint]:
    """Yield errors in the combination of keys that are valid on their own."""
    for rule in _RULES:
        yield from rule(config, version)


def get(config: Mapping[str, Any], path: str) -> Any:
    """Return the value at a path of sections; None if there is none."""
    value: Any = config
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _whole(config: Mapping[str, Any], _: str) -> Iterator[Complaint]:
    if "version" not in config:
        yield Complaint("version", "expected 0.1, got nothing. The registry does not start")


def _one_driver(config: Mapping[str, Any], _: str) -> Iterator[Complaint]:
    storage = config.get("storage")
    drivers = [storage] if isinstance(storage, str) else sorted({*(storage or {})} - NOT_DRIVERS)
    if len(drivers) != 1:
        given = ", ".join(drivers) or "none"
        yield Complaint("storage", f"expected one storage driver, got {given}")


def _one_login(config: Mapping[str, Any], _: str) -> Iterator[Complaint]:
    auth = config.get("auth")
    if isinstance(auth, Mapping) and len(auth) > 1:
        yield Complaint("auth", f"expected one kind of login, got {', '.join(auth)}")


def _required(config: Mapping[str, Any], version: str) -> Iterator[Complaint]:
    for path, names in REQUIRED.items():
        section = get(config, path)
        for name in names if isinstance(section, Mapping) else ():
            free = name == "region" and at_least(version, "3.1") and "regionendpoint" in section
            if name not in section and not free:
                yield Complaint(f"{path}.{name}", "expected a value, got nothing")


def _token_trust(config: Mapping[str, Any], version: str) -> Iterator[Complaint]:
    token = get(config, "auth.token")
    known = ("rootcertbundle", "jwks") if at_least(version, "3") else ("rootcertbundle",)
    if isinstance(token, Mapping) and not any(name in token for name in known):
        text = f"expected {' or '.join(known)}, got neither" if len(known) > 1 else ""
        yield Complaint("auth.token", text or "expected rootcertbundle, got nothing")


def _purging(config: Mapping[str, Any], _: str) -> Iterator[Complaint]:
    section = get(config, "storage.maintenance.uploadpurging")
    if not isinstance(section, Mapping) or section.get("enabled") is False:
        return
    missing = [name for name in PURGING if name not in section]
    if missing:
        text = f"expected {', '.join(PURGING)}, got no {', '.join(missing)}. A part replaces all"
        yield Complaint("storage.maintenance.uploadpurging", text)


def _cache(config: Mapping[str, Any], version: str) -> Iterator[Complaint]:
    kind = get(config, "storage.cache.blobdescriptor") or get(config, "storage.cache.layerinfo")
    address = "redis.addrs" if at_least(version, "3") else "redis.addr"
    if kind == "redis" and not get(config, address):
        yield Complaint("storage.cache.blobdescriptor", f"expected {address} with redis, got none")


def _addresses(config: Mapping[str, Any], _: str) -> Iterator[Complaint]:
    if get(config, "http.host") and get(config, "http.relativeurls"):
        yield Complaint("http.relativeurls", "no effect beside http.host. Remove one of the two")


def _azure(config: Mapping[str, Any], version: str) -> Iterator[Complaint]:
    azure = get(config, "storage.azure")
    if not isinstance(azure, Mapping):
        return
    if not at_least(version, "3") and "accountkey" not in azure:
        yield Complaint("storage.azure.accountkey", "expected a value, got nothing")
    if at_least(version, "3") and get(azure, "credentials.type") is None:
        text = "expected shared_key, client_secret or default_credentials, got nothing"
        yield Complaint("storage.azure.credentials.type", text)


def _middleware(config: Mapping[str, Any], _: str) -> Iterator[Complaint]:
    for number, one in enumerate(get(config, "middleware.storage") or ()):
        path = f"middleware.storage[{number}]"
        if one.get("disabled"):
            text = "the registry applies it all the same. Remove the whole entry"
            yield Complaint(f"{path}.disabled", text)
        if "name" not in one:
            yield Complaint(f"{path}.name", "expected a value, got nothing")
        for name in OPTIONS.get(one.get("name", ""), ()):
            if name not in (one.get("options") or {}):
                yield Complaint(f"{path}.options.{name}", "expected a value, got nothing")


_RULES: tuple[Callable[[Mapping[str, Any], str], Iterator[Complaint]], ...] = (
    _whole,
    _one_driver,
    _one_login,
    _required,
    _token_trust,
    _purging,
    _cache,
    _addresses,
    _azure,
    _middleware,
)
