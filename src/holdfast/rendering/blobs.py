"""Who sends a blob: the proxy, from the disk, or the registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.settings import Settings
from holdfast.settings.notifications import Endpoint
from holdfast.settings.storage import Filesystem

ADDED = frozenset({"catalog", "health", "policy", "redis", "storage", "tags", "validation"})
"""Sections of registry_extra_config in which nothing changes how a blob is answered."""
MEDIA_TYPE = "application/octet-stream"
"""What the registry calls every blob, in answers and in notifications."""


def why_proxied(settings: Settings) -> str:
    """Return why the registry sends every blob; empty: the proxy sends what is on the disk.

    It does so where nobody could tell the difference: neither who pulls nor who is told of pulls.
    """
    if not settings.proxy.direct_blobs:
        return "registry_proxy_direct_blobs is false"
    if not isinstance(settings.storage, Filesystem):
        return f"registry_storage_driver is {settings.storage.driver}"
    if settings.only_mirror:
        return "registry_upstream_url is given, and a mirror fetches what it has not"
    if settings.cdn.mode != "none":
        return f"registry_cdn_mode is {settings.cdn.mode}"
    for endpoint in settings.notifications.endpoints:
        if _hears_of_blobs(endpoint):
            return f"registry_notifications_endpoints: {endpoint.name} is told of pulls of blobs"
    added = next(_telling(settings.extra_config), None)
    return f"registry_extra_config has {added}" if added else ""


def store(settings: Settings) -> str:
    """Return the directory of blobs and repositories; empty: the registry sends every blob.

    Source: Distribution, registry/storage/paths.go: 2.8 and 3.x write the same.
    """
    if why_proxied(settings) or not isinstance(settings.storage, Filesystem):
        return ""
    return f"{settings.storage.directory}/docker/registry/v2"


def _hears_of_blobs(endpoint: Endpoint) -> bool:
    ignored = MEDIA_TYPE in endpoint.ignore_media_types
    return not (ignored or "pull" in endpoint.ignore_actions)


def _telling(extra: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys that change an answer, or ask for a word on each."""
    for section, keys in extra.items():
        if section == "log":
            yield from ("log.accesslog" for key in keys or () if key == "accesslog")
        elif section not in ADDED:
            yield section
