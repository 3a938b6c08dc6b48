"""Notifications and what stands between storage and clients, in the registry's own words."""

from __future__ import annotations

import json
from typing import Any

from holdfast.settings import Settings
from holdfast.settings.cdn import CloudFront, Redirect, Rewrite
from holdfast.settings.notifications import Endpoint

CDN_KEY = "cdn-key.pem"
"""Counts from the folder of the registry's configuration."""


def notifications(settings: Settings) -> dict[str, Any]:
    """Return the section `notifications` without its secrets; empty: there is none."""
    section = settings.notifications
    if not section.endpoints:
        return {}
    return {
        "events": {"includereferences": section.include_references},
        "endpoints": [_endpoint(one) for one in section.endpoints],
    }


def secrets(settings: Settings) -> dict[str, str]:
    """Return the endpoints with their headers by the variable that replaces the list.

    Registry 2.8 takes a list from its environment only whole.
    """
    endpoints = settings.notifications.endpoints
    if not any(one.headers for one in endpoints):
        return {}
    whole = [{**_endpoint(one), "headers": _headers(one)} for one in endpoints]
    return {"REGISTRY_NOTIFICATIONS_ENDPOINTS": json.dumps(whole)}


def middleware(settings: Settings) -> dict[str, Any]:
    """Return the section `middleware`; empty: there is none."""
    cdn, options = settings.cdn, {}
    if isinstance(cdn, Redirect | CloudFront):
        options["baseurl"] = cdn.base_url
    if isinstance(cdn, CloudFront):
        signing = {"keypairid": cdn.key_pair_id, "privatekey": CDN_KEY}
        options |= {**signing, "duration": f"{cdn.minutes}m"}
    if isinstance(cdn, Rewrite):
        changes = {
            "scheme": cdn.scheme,
            "host": cdn.host,
            "trimpathprefix": cdn.trim_path_prefix,
        }
        options |= {key: value for key, value in changes.items() if value}
    return {"storage": [{"name": cdn.mode, "options": options}]} if options else {}


def _endpoint(one: Endpoint) -> dict[str, Any]:
    ignored = {"mediatypes": [*one.ignore_media_types], "actions": [*one.ignore_actions]}
    ignored = {key: names for key, names in ignored.items() if names}
    return {
        "name": one.name,
        "url": one.url,
        "timeout": f"{one.timeout_seconds}s",
        "threshold": one.threshold,
        "backoff": f"{one.backoff_seconds}s",
        **({"ignore": ignored} if ignored else {}),
    }


def _headers(one: Endpoint) -> dict[str, list[str]]:
    """Return values by header; one that is given twice is sent twice."""
    found: dict[str, list[str]] = {}
    for header in one.headers:
        found.setdefault(header.name, []).append(header.value.get_secret_value())
    return found
