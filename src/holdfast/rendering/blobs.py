"""Decide if the proxy sends blobs from the disk, or the registry does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.settings import Settings
from holdfast.settings.sections.notifications import Endpoint

ADDED = frozenset({"catalog", "health", "policy", "redis", "storage", "tags", "validation"})
"""Sections of registry_extra_config that do not change the answer to a blob's request."""
MEDIA_TYPE = "application/octet-stream"
"""Media type that the registry gives for all blobs, in answers and notifications."""


def why_proxied(settings: Settings) -> str:
    """Return the reason why the registry sends all blobs; "" if the proxy sends them from the disk.

    The proxy does so only if neither clients nor receivers of pull notifications can notice it.
    """
    if not settings.proxy.direct_blobs:
        return "registry_proxy_direct_blobs is false"
    if not settings.storage.on_host:
        return f"registry_storage_driver is {settings.storage.driver}"
    if settings.only_mirror:
        return "registry_upstream_url is given, and a mirror fetches what it has not"
    if settings.cdn.sends_elsewhere:
        return f"registry_cdn_mode is {settings.cdn.mode}"
    for endpoint in settings.notifications.endpoints:
        if _hears_of_blobs(endpoint):
            return (
                f"registry_notifications_endpoints: {endpoint.name} is notified of pulls of blobs"
            )
    added = next(_telling(settings.extra_config), None)
    return f"registry_extra_config has {added}" if added else ""


def store(settings: Settings) -> str:
    """Return the directory of blobs and repositories; "" if the registry sends all blobs.

    Source: Distribution, registry/storage/paths.go. Versions 2.8 and 3.x write the same layout.
    """
    images = settings.storage.filesystem
    if images is None or why_proxied(settings):
        return ""
    return f"{images.directory}/docker/registry/v2"


def _hears_of_blobs(endpoint: Endpoint) -> bool:
    ignored = MEDIA_TYPE in endpoint.ignore_media_types
    return not (ignored or "pull" in endpoint.ignore_actions)


def _telling(extra: Mapping[str, Any]) -> Iterator[str]:
    """Yield the added keys that change an answer or enable the access log."""
    for section, keys in extra.items():
        if section == "log":
            yield from ("log.accesslog" for key in keys or () if key == "accesslog")
        elif section not in ADDED:
            yield section
