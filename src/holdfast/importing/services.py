"""Convert the keys of cache, notifications and CDN to settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from holdfast.importing.convert import (
    Convert,
    Drop,
    Sources,
    dropped,
    duration,
    seconds,
    setting,
    unneeded,
)
from holdfast.settings.placeholder import placeholder

ENDPOINTS = "registry_notifications_endpoints"
FIRST = "middleware.storage[0]."


def cache_mode(value: Any, sources: Sources) -> dict[str, Any] | Drop:
    """Convert the type of cache to a mode."""
    if value == "redis":
        named = sources.value("redis.addr") or sources.value("redis.addrs")
        return {"registry_cache_mode": "external"} if named else Drop("no address of a server")
    return unneeded() if value else {"registry_cache_mode": "none"}


def with_redis(convert: Convert) -> Convert:
    """Return a conversion that applies only if the cache is a Redis server."""

    def only_when_on(value: Any, sources: Sources) -> dict[str, Any] | Drop:
        kinds = map(sources.value, ("storage.cache.blobdescriptor", "storage.cache.layerinfo"))
        off = Drop("not in use: storage.cache.blobdescriptor is not redis")
        return convert(value, sources) if "redis" in kinds else off

    return only_when_on


def text_of(name: str, *, besides: str = "") -> Convert:
    """Return a conversion of a file's path to its text; sets `besides` to true as well."""

    def convert(value: Any, sources: Sources) -> dict[str, Any]:
        on = {besides: True} if besides else {}
        paths = value if isinstance(value, list) else [value]
        texts = [sources.files.text(path) for path in paths]
        lost = [str(path) for path, text in zip(paths, texts, strict=True) if text is None]
        if lost:
            missing = f"the text of {', '.join(lost)}, which cannot be read here"
            return {**on, name: placeholder(missing)}
        return {**on, name: "".join(text for text in texts if text)}

    return convert


def endpoints(_: Any, sources: Sources) -> dict[str, Any] | Drop:
    """Convert any key of an endpoint to the whole list of endpoints."""
    if sources.value(f"{sources.path.partition(']')[0]}].disabled"):
        return Drop("the endpoint is disabled")
    found: dict[str, dict[str, Any]] = {}
    for path, entry in sources.entries.items():
        item, _bracket, key = path.partition("].")
        if item.startswith("notifications.endpoints[") and entry.value is not None:
            found.setdefault(item, {})[key] = entry.value
    wanted = [one for one in found.values() if not one.get("disabled")]
    return {ENDPOINTS: [_endpoint(one) for one in wanted]}


def _endpoint(given: dict[str, Any]) -> dict[str, Any]:
    url = str(given.get("url", ""))
    types = [*given.get("ignoredmediatypes", []), *given.get("ignore.mediatypes", [])]
    made = {
        "name": given.get("name", "hook"),
        "url": url,
        "allow_http": urlsplit(url).scheme == "http",
        "headers": [
            {"name": name, "value": value}
            for name, values in (given.get("headers") or {}).items()
            for value in (values if isinstance(values, list) else [values])
        ],
        "timeout_seconds": max(1, round(seconds(given["timeout"]))) if "timeout" in given else 0,
        "threshold": given.get("threshold", 0),
        "backoff_seconds": max(1, round(seconds(given["backoff"]))) if "backoff" in given else 0,
        "ignore_media_types": list(dict.fromkeys(types)),
        "ignore_actions": given.get("ignore.actions", []),
    }
    return {key: value for key, value in made.items() if value}


def of_cdn(convert: Convert) -> Convert:
    """Return a conversion that applies to the first middleware only: one CDN is supported."""

    def of_the_first(value: Any, sources: Sources) -> dict[str, Any] | Drop:
        only = Drop("registry_cdn_mode has one, which is the first here")
        return convert(value, sources) if sources.path.startswith(FIRST) else only

    return of_the_first


def _address(value: str) -> str:
    return value if "://" in value else f"https://{value}"


def _addresses(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _milliseconds(name: str) -> Convert:
    return with_redis(duration(name, 0.001))


def _cdn(name: str, change: Callable[[Any], Any] = lambda value: value) -> Convert:
    return of_cdn(setting(f"registry_cdn_{name}", change))


_CACHE = "registry_cache_"
SERVICES: dict[str, Convert] = {
    "storage.cache.blobdescriptor": cache_mode,
    "storage.cache.blobdescriptorsize": setting(f"{_CACHE}size", int),
    "redis.addr": with_redis(setting(f"{_CACHE}addresses", _addresses)),
    "redis.addrs": with_redis(setting(f"{_CACHE}addresses", _addresses)),
    "redis.username": with_redis(setting(f"{_CACHE}username")),
    "redis.password": with_redis(setting(f"{_CACHE}password")),
    "redis.db": with_redis(setting(f"{_CACHE}db")),
    "redis.mastername": with_redis(setting(f"{_CACHE}master_name")),
    "redis.sentinelusername": with_redis(setting(f"{_CACHE}sentinel_username")),
    "redis.sentinelpassword": with_redis(setting(f"{_CACHE}sentinel_password")),
    "redis.dialtimeout": _milliseconds(f"{_CACHE}connect_milliseconds"),
    "redis.readtimeout": _milliseconds(f"{_CACHE}answer_milliseconds"),
    "redis.writetimeout": dropped(f"{_CACHE}answer_milliseconds bounds it, too"),
    "redis.pool.maxactive": with_redis(setting(f"{_CACHE}pool_size")),
    "redis.poolsize": with_redis(setting(f"{_CACHE}pool_size")),
    "redis.pool.maxidle": dropped(f"{_CACHE}pool_size bounds it, too"),
    "redis.maxidleconns": dropped(f"{_CACHE}pool_size bounds it, too"),
    "redis.pool.idletimeout": with_redis(duration(f"{_CACHE}idle_seconds", 1)),
    "redis.connmaxidletime": with_redis(duration(f"{_CACHE}idle_seconds", 1)),
    "redis.tls.rootcas": with_redis(text_of(f"{_CACHE}ca", besides=f"{_CACHE}tls")),
    "redis.tls.certificate": with_redis(text_of(f"{_CACHE}certificate", besides=f"{_CACHE}tls")),
    "redis.tls.key": with_redis(text_of(f"{_CACHE}key", besides=f"{_CACHE}tls")),
    "notifications.events.includereferences": setting("registry_notifications_include_references"),
    **{
        f"notifications.endpoints[].{key}": endpoints
        for key in (
            *("name", "disabled", "url", "headers", "timeout", "threshold", "backoff"),
            *("ignoredmediatypes", "ignore.mediatypes", "ignore.actions"),
        )
    },
    "middleware.storage[].name": _cdn("mode"),
    "middleware.storage[].disabled": dropped("the registry applies it all the same"),
    "middleware.storage[].options.baseurl": _cdn("base_url", _address),
    "middleware.storage[].options.keypairid": _cdn("key_pair_id"),
    "middleware.storage[].options.privatekey": of_cdn(text_of("registry_cdn_private_key")),
    "middleware.storage[].options.duration": of_cdn(duration("registry_cdn_minutes", 60)),
    "middleware.storage[].options.scheme": _cdn("scheme"),
    "middleware.storage[].options.host": _cdn("host"),
    "middleware.storage[].options.trimpathprefix": _cdn("trim_path_prefix"),
    **{
        f"middleware.storage[].options.{key}": dropped("every client goes to CloudFront")
        for key in (
            *("ipfilteredby", "awsregion", "iprangesurl"),
            *("updatefrenquency", "updatefrequency"),
        )
    },
}
"""Conversion of each of their keys."""
