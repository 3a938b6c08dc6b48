"""The cache in the registry's configuration, in the words of its version; and our own server."""

from __future__ import annotations

import hashlib
from typing import Any

from holdfast.rendering.layout import Layout
from holdfast.settings import Settings
from holdfast.settings.cache import ExternalCache, LocalCache, MemoryCache

SERVERS = {"debian13": "valkey-server", "debian12": "redis-server"}
"""Package by platform; the program in /usr/bin and the package's own unit have its name, too."""
SYSTEM_CA = "/etc/ssl/certs/ca-certificates.crt"
PORT = 6379
OWN = (500, 500, 32, 300)
"""Bounds with our own server; where it is gone the kernel says so at once."""


def local(settings: Settings) -> LocalCache | None:
    """Return the settings of our own server; None: there is none."""
    return settings.cache if isinstance(settings.cache, LocalCache) else None


def port(settings: Settings) -> int:
    """Return the port on loopback that a registry needs that has no unix sockets; 0: none."""
    cache = local(settings)
    return (cache.port or PORT) if cache and _old(settings) else 0


def descriptors(settings: Settings) -> dict[str, Any]:
    """Return the section `storage.cache`; empty: no cache."""
    cache = settings.cache
    if isinstance(cache, MemoryCache):
        size = {} if cache.size is None else {"blobdescriptorsize": cache.size}
        return {"blobdescriptor": "inmemory", **size}
    return {"blobdescriptor": "redis"} if isinstance(cache, LocalCache | ExternalCache) else {}


def redis(settings: Settings, layout: Layout) -> dict[str, Any]:
    """Return the section `redis` without its secrets; empty: there is none."""
    cache = settings.cache
    if isinstance(cache, LocalCache):
        if port(settings):
            return {"addr": f"127.0.0.1:{port(settings)}", **_bounds(settings, *OWN)}
        place = f"{layout.cache_run}/cache.sock"
        return {"addrs": [place], "username": "registry", **_bounds(settings, *OWN)}
    if not isinstance(cache, ExternalCache):
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
    """Return the passwords of a server of one's own by the variable that the registry reads."""
    cache = settings.cache
    if not isinstance(cache, ExternalCache):
        return {}
    found = {
        "REGISTRY_REDIS_PASSWORD": cache.password,
        "REGISTRY_REDIS_SENTINELPASSWORD": cache.sentinel_password,
    }
    return {name: value.get_secret_value() for name, value in found.items() if value}


def expected(settings: Settings) -> dict[str, Any]:
    """Return what a host goes by when it looks at the cache; it holds no secret."""
    cache = settings.cache
    # What is remembered is of one storage: with another one it would be wrong.
    storage = hashlib.sha256(settings.storage.model_dump_json().encode()).hexdigest()
    found = {"mode": cache.mode, "of": storage}
    if isinstance(cache, LocalCache):
        return {**found, "username": "default" if port(settings) else "registry"}
    if not isinstance(cache, ExternalCache):
        return found
    names = ("username", "master_name", "sentinel_username")
    given = {key: getattr(cache, key) for key in names if getattr(cache, key)}
    tls = _tls(settings, cache)
    if tls:
        tls["ca"] = tls.pop("rootcas")[0]
    return {**found, "addresses": [*cache.addresses], **given, **({"tls": tls} if tls else {})}


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
    """Return the section `redis.tls`, with paths that count from the configuration's folder."""
    if not cache.tls:
        return {}
    given = "cache-ca.pem" if cache.ca else "ca.pem" if settings.service.ca else SYSTEM_CA
    pair = {"certificate": "cache-certificate.pem", "key": "cache-key.pem"}
    return {"rootcas": [given], **(pair if cache.key else {})}


def _old(settings: Settings) -> bool:
    return settings.version.startswith("2.")
