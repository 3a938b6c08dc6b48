"""The cache, notifications and a CDN of an existing registry, as settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from holdfast.importing.become import (
    Become,
    Drop,
    Sources,
    becomes,
    drops,
    lasts,
    seconds,
    the_same,
)

ENDPOINTS = "registry_notifications_endpoints"
FIRST = "middleware.storage[0]."
UNREADABLE = "cannot be read here. See "


def cache_mode(value: Any, sources: Sources) -> dict[str, Any] | Drop:
    """Make a mode of the kind of the cache."""
    if value == "redis":
        named = sources.value("redis.addr") or sources.value("redis.addrs")
        return {"registry_cache_mode": "external"} if named else Drop("no address of a server")
    return the_same() if value else {"registry_cache_mode": "none"}


def with_redis(become: Become) -> Become:
    """Return what makes settings of a value only where the cache is a server."""

    def only_when_on(value: Any, sources: Sources) -> dict[str, Any] | Drop:
        kinds = map(sources.value, ("storage.cache.blobdescriptor", "storage.cache.layerinfo"))
        off = Drop("not in use: storage.cache.blobdescriptor is not redis")
        return become(value, sources) if "redis" in kinds else off

    return only_when_on


def text_of(name: str, *, besides: str = "") -> Become:
    """Return what makes a text of the file that a value names; `besides` is set to true with it."""

    def become(value: Any, sources: Sources) -> dict[str, Any] | Drop:
        path = sources.folder / (value[0] if isinstance(value, list) and value else str(value))
        on = {besides: True} if besides else {}
        try:
            return {**on, name: path.read_text(encoding="utf-8")}
        except (OSError, UnicodeDecodeError):
            return on or Drop(UNREADABLE + name)

    return become


def endpoints(_: Any, sources: Sources) -> dict[str, Any] | Drop:
    """Make the list of who is told, all of it, of any key of an endpoint."""
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
            for value in values
        ],
        "timeout_seconds": max(1, round(seconds(given["timeout"]))) if "timeout" in given else 0,
        "threshold": given.get("threshold", 0),
        "backoff_seconds": max(1, round(seconds(given["backoff"]))) if "backoff" in given else 0,
        "ignore_media_types": list(dict.fromkeys(types)),
        "ignore_actions": given.get("ignore.actions", []),
    }
    return {key: value for key, value in made.items() if value}


def of_cdn(become: Become) -> Become:
    """Return what makes settings of the first middleware's keys: there is one CDN at most."""

    def of_the_first(value: Any, sources: Sources) -> dict[str, Any] | Drop:
        only = Drop("registry_cdn_mode has one, which is the first here")
        return become(value, sources) if sources.path.startswith(FIRST) else only

    return of_the_first


def _address(value: str) -> str:
    return value if "://" in value else f"https://{value}"


def _addresses(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _milliseconds(name: str) -> Become:
    return with_redis(lasts(name, 0.001))


def _cdn(name: str, change: Callable[[Any], Any] = lambda value: value) -> Become:
    return of_cdn(becomes(f"registry_cdn_{name}", change))


_CACHE = "registry_cache_"
SERVICES: dict[str, Become] = {
    "storage.cache.blobdescriptor": cache_mode,
    "storage.cache.blobdescriptorsize": becomes(f"{_CACHE}size", int),
    "redis.addr": with_redis(becomes(f"{_CACHE}addresses", _addresses)),
    "redis.addrs": with_redis(becomes(f"{_CACHE}addresses", _addresses)),
    "redis.username": with_redis(becomes(f"{_CACHE}username")),
    "redis.password": with_redis(becomes(f"{_CACHE}password")),
    "redis.db": with_redis(becomes(f"{_CACHE}db")),
    "redis.mastername": with_redis(becomes(f"{_CACHE}master_name")),
    "redis.sentinelusername": with_redis(becomes(f"{_CACHE}sentinel_username")),
    "redis.sentinelpassword": with_redis(becomes(f"{_CACHE}sentinel_password")),
    "redis.dialtimeout": _milliseconds(f"{_CACHE}connect_milliseconds"),
    "redis.readtimeout": _milliseconds(f"{_CACHE}answer_milliseconds"),
    "redis.writetimeout": drops(f"{_CACHE}answer_milliseconds bounds it, too"),
    "redis.pool.maxactive": with_redis(becomes(f"{_CACHE}pool_size")),
    "redis.poolsize": with_redis(becomes(f"{_CACHE}pool_size")),
    "redis.pool.maxidle": drops(f"{_CACHE}pool_size bounds it, too"),
    "redis.maxidleconns": drops(f"{_CACHE}pool_size bounds it, too"),
    "redis.pool.idletimeout": with_redis(lasts(f"{_CACHE}idle_seconds", 1)),
    "redis.connmaxidletime": with_redis(lasts(f"{_CACHE}idle_seconds", 1)),
    "redis.tls.rootcas": with_redis(text_of(f"{_CACHE}ca", besides=f"{_CACHE}tls")),
    "redis.tls.certificate": with_redis(text_of(f"{_CACHE}certificate", besides=f"{_CACHE}tls")),
    "redis.tls.key": with_redis(text_of(f"{_CACHE}key", besides=f"{_CACHE}tls")),
    "notifications.events.includereferences": becomes("registry_notifications_include_references"),
    **{
        f"notifications.endpoints[].{key}": endpoints
        for key in (
            *("name", "disabled", "url", "headers", "timeout", "threshold", "backoff"),
            *("ignoredmediatypes", "ignore.mediatypes", "ignore.actions"),
        )
    },
    "middleware.storage[].name": _cdn("mode"),
    "middleware.storage[].disabled": drops("the registry applies it all the same"),
    "middleware.storage[].options.baseurl": _cdn("base_url", _address),
    "middleware.storage[].options.keypairid": _cdn("key_pair_id"),
    "middleware.storage[].options.privatekey": of_cdn(text_of("registry_cdn_private_key")),
    "middleware.storage[].options.duration": of_cdn(lasts("registry_cdn_minutes", 60)),
    "middleware.storage[].options.scheme": _cdn("scheme"),
    "middleware.storage[].options.host": _cdn("host"),
    "middleware.storage[].options.trimpathprefix": _cdn("trim_path_prefix"),
    **{
        f"middleware.storage[].options.{key}": drops("every client goes to CloudFront")
        for key in (
            *("ipfilteredby", "awsregion", "iprangesurl"),
            *("updatefrenquency", "updatefrequency"),
        )
    },
}
"""What becomes of each key of theirs."""
