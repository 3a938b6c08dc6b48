"""Describe for nginx the pages of other sites that may read the registry's answers."""

from __future__ import annotations

import re
from typing import Any

from holdfast.settings import Settings
from holdfast.settings.sections.http import EVERY_ORIGIN

EXPOSED = (
    *("Docker-Content-Digest", "Docker-Distribution-Api-Version", "Docker-Upload-UUID"),
    *("Link", "Location", "Range", "Content-Range", "Content-Length", "Etag"),
    *("WWW-Authenticate", "Retry-After", "OCI-Subject", "OCI-Filters-Applied", "Warning"),
)
"""Headers that a page may read besides those that every page may read."""
METHODS = ("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE")


def cors(settings: Settings) -> dict[str, Any] | None:
    """Return patterns of the allowed origins, and the values of headers; None if there is none."""
    http = settings.http
    if not http.cors_origins:
        return None
    every = EVERY_ORIGIN in http.cors_origins
    return {
        "patterns": [".+"] if every else [re.escape(one) for one in http.cors_origins],
        "answer": EVERY_ORIGIN if every else "$http_origin",
        "credentials": http.cors_credentials,
        "exposed": ", ".join(EXPOSED),
        "methods": ", ".join(METHODS),
    }
