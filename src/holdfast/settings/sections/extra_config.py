"""registry_extra_config: keys of the registry's configuration that a user may and may not add."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.distribution.configuration import check
from holdfast.errors import Complaint
from holdfast.versions import at_least

NAME = "registry_extra_config"

DRIVER_SETTINGS = {
    "s3": {
        "accesskey": "access_key",
        "secretkey": "secret_key",
        "region": "region",
        "regionendpoint": "endpoint",
        "bucket": "bucket",
        "rootdirectory": "root_directory",
        "forcepathstyle": "path_style",
        "encrypt": "encrypt",
        "keyid": "kms_key",
        "secure": "endpoint",
        "chunksize": "chunk_mib",
        "storageclass": "storage_class",
        "accelerate": "accelerate",
        "usedualstack": "dual_stack",
        "usefipsendpoint": "fips",
    },
    "gcs": {
        "bucket": "bucket",
        "keyfile": "key",
        "credentials": "key",
        "rootdirectory": "root_directory",
        "chunksize": "chunk_kib",
    },
    "azure": {
        "accountname": "account",
        "accountkey": "account_key",
        "container": "container",
        "realm": "realm",
        "serviceurl": "endpoint",
        "rootdirectory": "root_directory",
        "credentials": "credentials",
    },
}
"""Keys of the storage drivers that have a setting, with the last part of its name."""

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
    "storage.maintenance.uploadpurging.enabled": "registry_storage_purge_uploads",
    "storage.maintenance.readonly.enabled": "registry_storage_readonly",
    "storage.redirect.disable": "registry_storage_redirect",
    "storage.s3aws": "registry_storage_driver",
    **{
        f"storage.{driver}.{key}": f"registry_storage_{setting}"
        for driver, keys in DRIVER_SETTINGS.items()
        for key, setting in keys.items()
    },
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
"""Keys that holdfast sets, with the setting to use or the reason why there is none."""

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
    **{f"storage.{name}": "registry 3.x has no such driver" for name in ("oss", "swift")},
    "storage.s3.skipverify": "give the root of its certificate in registry_service_ca",
    "storage.azure.skipverify": "give the root of its certificate in registry_service_ca",
    "storage.azure.connectionstring": "registry_storage_account and registry_storage_account_key",
}
"""Keys that cannot work in the unit of the registry, with the reason."""

HEADERS = "http.headers."
OF_THE_PROXY = {
    *("cache-control", "content-security-policy", "docker-distribution-api-version"),
    *("referrer-policy", "strict-transport-security", "x-content-type-options", "x-frame-options"),
}
"""Headers that the proxy sets on every answer, in place of the registry's or beside them."""
CORS = (
    "the proxy sends it, for browsers send preflights without a login, and read it on refusals"
    " too: the registry answers neither. Use registry_http_cors_origins"
    " and registry_http_cors_credentials instead"
)

_PURGING = {"enabled": True, "age": "1h", "interval": "1h", "dryrun": False}


def _complete(driver: str, version: str) -> dict[str, Any]:
    """Return the minimum configuration that the validator needs besides the additional keys."""
    azure: dict[str, Any] = {"accountname": "x", "container": "x"}
    new = at_least(version, "3.0")
    azure |= {"credentials": {"type": "shared_key"}} if new else {"accountkey": "x"}
    needed = {
        "filesystem": {"rootdirectory": "/"},
        "s3": {"region": "x", "bucket": "x"},
        "gcs": {"bucket": "x"},
        "azure": azure,
    }
    storage = {driver: needed[driver], "maintenance": {"uploadpurging": _PURGING}}
    return {"version": "0.1", "storage": storage}


def refusal(path: str) -> str | None:
    """Return the reason why a key is not allowed in registry_extra_config; None if it is allowed.

    `path` is that of a key of the configuration, `[]` standing for every item of a list.
    """
    if path.startswith(HEADERS):
        return _refused_header(path.removeprefix(HEADERS).lower())
    for unsupported, why in UNSUPPORTED.items():
        if _covers(unsupported, path):
            return f"not supported yet: {why}. Remove it"
    for owned, why in OWNED.items():
        if _covers(owned, path):
            use = f". Use {why} instead" if why.startswith("registry_") else f": {why}. Remove it"
            return f"holdfast sets it{use}"
    return None


def _refused_header(name: str) -> str | None:
    if name.startswith("access-control-"):
        return CORS
    return "the proxy sets it on every answer. Remove it" if name in OF_THE_PROXY else None


def complaints(extra: Mapping[str, Any], version: str, driver: str) -> list[Complaint]:
    """Return the errors in registry_extra_config for a version of the registry.

    `driver` is the selected storage driver. Keys of other drivers are refused.
    """
    refused = list(_refused(extra, ""))
    others = [
        f"storage.{other}"
        for other in ("filesystem", *DRIVER_SETTINGS)
        if other != driver and other in (extra.get("storage") or {})
    ]
    refused += [
        Complaint(other, f"no use, for registry_storage_driver is {driver}. Remove it")
        for other in others
        if not any(_covers(other, one.variable) for one in refused)
    ]
    paths = (*others, *(complaint.variable for complaint in refused))
    faults = [
        fault
        for fault in check(merged(_complete(driver, version), extra), version)
        if not any(_covers(p, fault.variable) or _covers(fault.variable, p) for p in paths)
    ]
    return [Complaint(f"{NAME}.{one.variable}", one.text) for one in (*refused, *faults)]


def merged(base: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Merge a configuration into another: mappings recursively, all else replaced."""
    result = dict(base)
    for key, value in extra.items():
        here = result.get(key)
        if isinstance(here, Mapping) and (value is None or isinstance(value, Mapping)):
            result[key] = merged(here, value or {})
        else:
            result[key] = value
    return result


def _refused(value: Any, path: str) -> Iterator[Complaint]:
    """Yield an error for each topmost key that is not allowed, without the keys below it."""
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
