"""registry_extra_config: what of the registry's own configuration a user may add, and what not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.distribution.configuration import check
from holdfast.errors import Complaint

NAME = "registry_extra_config"

OWNED = {
    "version": "there is one version of the format",
    "loglevel": "registry_log_level",
    "log.level": "registry_log_level",
    "log.formatter": "registry_log_format",
    "http.addr": "each generation has a socket of its own",
    "http.net": "each generation has a socket of its own",
    "http.host": "registry_hostname",
    "http.relativeurls": "registry_hostname",
    "http.prefix": "the proxy serves the registry at the root of its name",
    "http.secret": "registry_http_secret",
    "http.draintimeout": "registry_http_drain_seconds",
    "http.tls": "registry_tls_mode",
    "http.http2": "the proxy speaks with clients",
    "http.h2c": "the proxy speaks with clients",
    "storage.filesystem.rootdirectory": "registry_storage_directory",
    "storage.delete.enabled": "registry_storage_delete",
    "storage.maintenance.uploadpurging.age": "registry_storage_purge_hours",
    "auth": "registry_auth_mode",
    "storage.cache.blobdescriptor": "registry_cache_mode",
    "storage.cache.layerinfo": "registry_cache_mode",
    "storage.cache.blobdescriptorsize": "registry_cache_size",
    **{
        f"redis.{key}": f"registry_cache_{setting}"
        for key, setting in {
            "addr": "addresses",
            "addrs": "addresses",
            "username": "username",
            "password": "password",
            "db": "db",
            "mastername": "master_name",
            "sentinelusername": "sentinel_username",
            "sentinelpassword": "sentinel_password",
            "dialtimeout": "connect_milliseconds",
            "readtimeout": "answer_milliseconds",
            "writetimeout": "answer_milliseconds",
            "pool": "pool_size",
            "poolsize": "pool_size",
            "maxidleconns": "pool_size",
            "connmaxidletime": "idle_seconds",
            "tls": "tls",
        }.items()
    },
    "notifications": "registry_notifications_endpoints",
    "middleware.storage": "registry_cdn_mode",
    "proxy.remoteurl": "registry_upstream_url",
    "proxy.username": "registry_upstream_username",
    "proxy.password": "registry_upstream_password",
    "proxy.ttl": "registry_upstream_ttl_seconds",
}
"""Keys that holdfast sets, with the setting to use, or with the reason why there is none."""

NO_NETWORK = "the registry's unit has no network"
NO_FILES = "the registry's unit sees no files but its images"

UNSUPPORTED = {
    "http.debug": NO_NETWORK,
    "log.hooks": NO_NETWORK,
    "proxy.exec": NO_FILES,
    "reporting": NO_NETWORK,
    "health.http": NO_NETWORK,
    "health.tcp": NO_NETWORK,
    "health.file": NO_FILES,
    "compatibility.schema1.signingkeyfile": NO_FILES,
    "storage.inmemory": "images are in registry_storage_directory",
    **{f"storage.{name}": NO_NETWORK for name in ("s3", "s3aws", "gcs", "azure", "oss", "swift")},
}
"""Keys that could not work in the unit that holdfast runs the registry in, with the reason."""

_COMPLETE = {
    "version": "0.1",
    "storage": {
        "filesystem": {"rootdirectory": "/"},
        "maintenance": {
            "uploadpurging": {"enabled": True, "age": "1h", "interval": "1h", "dryrun": False}
        },
    },
}
"""What of the rendered configuration the compiler wants to see beside an addition."""


def refusal(path: str) -> str | None:
    """Return why a key cannot be in registry_extra_config; None when it can.

    `path` is that of a key of the configuration, `[]` standing for every item of a list.
    """
    for unsupported, why in UNSUPPORTED.items():
        if _covers(unsupported, path):
            return f"not supported yet: {why}. Remove it"
    for owned, why in OWNED.items():
        if _covers(owned, path):
            use = f". Use {why} instead" if why.startswith("registry_") else f": {why}. Remove it"
            return f"holdfast sets it{use}"
    return None


def complaints(extra: Mapping[str, Any], version: str) -> list[Complaint]:
    """Return what is wrong with an addition to the configuration of a version of the registry."""
    refused = list(_refused(extra, ""))
    paths = tuple(complaint.variable for complaint in refused)
    faults = [
        fault
        for fault in check(merged(_COMPLETE, extra), version)
        if not any(_covers(p, fault.variable) or _covers(fault.variable, p) for p in paths)
    ]
    return [Complaint(f"{NAME}.{one.variable}", one.text) for one in (*refused, *faults)]


def merged(base: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration with another one merged in: mappings deep, all else replaced."""
    result = dict(base)
    for key, value in extra.items():
        here = result.get(key)
        if isinstance(here, Mapping) and (value is None or isinstance(value, Mapping)):
            result[key] = merged(here, value or {})
        else:
            result[key] = value
    return result


def _refused(value: Any, path: str) -> Iterator[Complaint]:
    """Yield the topmost keys that cannot be added, and no key below one of them."""
    why = refusal(path) if path else None
    if why:
        yield Complaint(path, why)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _refused(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _refused(item, f"{path}[]")


def _covers(outer: str, inner: str) -> bool:
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))
