"""Write the cache's part of the registry's configuration for its version."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from holdfast.rendering.layout import Layout
from holdfast.settings import Settings
from holdfast.settings.sections.cache import ExternalCache

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.cache import (
        Cache,
        CacheTls,
    )

SYSTEM_CA = "/etc/ssl/certs/ca-certificates.crt"
OWN = (500, 500, 32, 300)
"""Timeouts and pool limits for the host's own server. If it is down, the kernel reports it at
once."""


def redis(settings: Settings, layout: Layout) -> dict[str, Any]:
    """Return the section `redis` without secrets; empty if there is none."""
    cache, port = settings.cache.external, settings.cache.port_for(settings.version)
    if settings.cache.local:
        if port:
            return {"addr": f"127.0.0.1:{port}", **_bounds(settings, *OWN)}
        place = f"{layout.cache_run}/cache.sock"
        return {"addrs": [place], "username": "registry", **_bounds(settings, *OWN)}
    if cache is None:
        return {}
    servers: dict[str, Any]
    servers = {"addr": cache.addresses[0]} if _old(settings) else {"addrs": [*cache.addresses]}
    given = {
        "username": cache.username,
        "mastername": cache.master_name,
        "sentinelusername": cache.sentinel_username,
        "db": cache.db or None,
        "tls": _tls(settings, cache) or None,
    }
    wait = cache.connect_milliseconds, cache.answer_milliseconds
    bounds = _bounds(settings, *wait, cache.pool_size, cache.idle_seconds)
    return {**servers, **{key: one for key, one in given.items() if one is not None}, **bounds}


def secrets(settings: Settings) -> dict[str, str]:
    """Return the passwords of an external cache, by the environment variable of the registry."""
    cache = settings.cache.external
    if cache is None:
        return {}
    found = {
        "REGISTRY_REDIS_PASSWORD": cache.password,
        "REGISTRY_REDIS_SENTINELPASSWORD": cache.sentinel_password,
    }
    return {name: value.get_secret_value() for name, value in found.items() if value}


def expected(settings: Settings) -> Cache:
    """Return the facts by which a host checks the cache, without secrets."""
    cache = settings.cache.external
    # What is remembered is of one storage: with another one it would be wrong.
    storage = hashlib.sha256(settings.storage.model_dump_json().encode()).hexdigest()
    # The registry caches nothing where it fetches everything from its upstream.
    found: Cache = {"mode": "none" if settings.only_mirror else settings.cache.mode, "of": storage}
    if settings.cache.local:
        port = settings.cache.port_for(settings.version)
        found["username"] = "default" if port else "registry"
    if cache is None:
        return found
    found["addresses"] = [*cache.addresses]
    if cache.db:
        found["db"] = cache.db
    if cache.username:
        found["username"] = cache.username
    if cache.master_name:
        found["master_name"] = cache.master_name
    if cache.sentinel_username:
        found["sentinel_username"] = cache.sentinel_username
    if cache.tls:
        found["tls"] = _tls_files(settings, cache)
    return found


def _bounds(settings: Settings, connect: int, answer: int, pool: int, idle: int) -> dict[str, Any]:
    waits = {
        "dialtimeout": f"{connect}ms",
        "readtimeout": f"{answer}ms",
        "writetimeout": f"{answer}ms",
    }
    if _old(settings):
        pools = {"maxidle": pool, "maxactive": pool, "idletimeout": f"{idle}s"}
        return {**waits, "pool": pools}
    # One more try is for a connection that the server has closed; more would only delay.
    new = {"poolsize": pool, "maxidleconns": pool, "connmaxidletime": f"{idle}s", "maxretries": 1}
    return {**waits, **new}


def _tls(settings: Settings, cache: ExternalCache) -> dict[str, Any]:
    """Return the section `redis.tls`."""
    if not cache.tls:
        return {}
    files: dict[str, Any] = {**_tls_files(settings, cache)}
    return {"rootcas": [files.pop("ca")], **files}


def _tls_files(settings: Settings, cache: ExternalCache) -> CacheTls:
    """Return the files for TLS to the cache; their paths count from the configuration's folder."""
    ca = "cache-ca.pem" if cache.ca else "ca.pem" if settings.service.ca else SYSTEM_CA
    if not cache.key:
        return {"ca": ca}
    return {"ca": ca, "certificate": "cache-certificate.pem", "key": "cache-key.pem"}


def _old(settings: Settings) -> bool:
    return settings.version.startswith("2.")
