"""Write the sections `notifications` and `middleware` of the registry's configuration."""

from __future__ import annotations

import json
from typing import Any

from holdfast.settings import Settings
from holdfast.settings.sections.notifications import Endpoint


def section(settings: Settings) -> dict[str, Any]:
    """Return the section `notifications` without secrets; empty if there is none."""
    given = settings.notifications
    if not given.endpoints:
        return {}
    return {
        "events": {"includereferences": given.include_references},
        "endpoints": [_endpoint(one) for one in given.endpoints],
    }


def secrets(settings: Settings) -> dict[str, str]:
    """Return the endpoints with their headers, by the environment variable that replaces the list.

    Registry 2.8 accepts a list from its environment only as a whole.
    """
    endpoints = settings.notifications.endpoints
    if not any(one.headers for one in endpoints):
        return {}
    whole = [{**_endpoint(one), "headers": _headers(one)} for one in endpoints]
    return {"REGISTRY_NOTIFICATIONS_ENDPOINTS": json.dumps(whole)}


def middleware(settings: Settings) -> dict[str, Any]:
    """Return the section `middleware`; empty if there is none."""
    cdn = settings.cdn
    return {"storage": [{"name": cdn.mode, "options": cdn.options}]} if cdn.options else {}


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
    """Return values by header name; a header that is given twice is sent twice."""
    found: dict[str, list[str]] = {}
    for header in one.headers:
        found.setdefault(header.name, []).append(header.value.get_secret_value())
    return found
