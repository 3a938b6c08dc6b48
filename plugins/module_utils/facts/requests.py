"""Classify the lines of the proxy's access log."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"})
_FIXED = {"/v2/_catalog": "catalog", "/token": "token", "/auth/token": "token"}
_NAMED = re.compile(
    r"/v2/(?P<folder>[^/]+)(?:/.*)?"
    r"/(?:(?P<manifest>manifests|referrers)/[^/]+|(?P<upload>blobs/uploads)(?:/.*)?"
    r"|(?P<blob>blobs)/[^/]+|(?P<tags>tags)/list)"
)
_KINDS = ("manifest", "upload", "blob", "tags")
_LOGINS = {401: "refused", 429: "limited", 503: "unavailable"}


class Request(NamedTuple):
    """One request, as far as metrics tell requests apart."""

    route: str
    method: str
    status: str
    """`2xx` to `5xx`, and `429`."""
    seconds: float
    sent: int
    received: int
    by: str
    """`registry` if any service behind the proxy answered, `proxy` if it answered by itself."""
    pulled: str
    """First component of the name of an image that was pulled; "" for other requests."""
    pushed: str
    login: str
    """Result of the login that it brought; "" if it brought none."""


def request(line: bytes) -> Request | None:
    """Return the request of a line of the log; None if the line is damaged."""
    try:
        entry = json.loads(line.decode("utf-8", "replace"))
        return _request(entry)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _request(entry: dict[str, Any]) -> Request:
    status, method = int(entry["status"]), str(entry["method"])
    route, folder = _route(entry["uri"])
    manifest = route == "manifest"
    return Request(
        route,
        method if method in METHODS else "other",
        "429" if status == 429 else f"{min(max(status // 100, 1), 5)}xx",
        max(float(entry["seconds"]), 0.0),
        max(int(entry["bytes"]), 0),
        max(int(entry.get("received", 0)), 0),
        "registry" if entry["upstream"] else "proxy",
        folder if manifest and method == "GET" and status == 200 else "",
        folder if manifest and method == "PUT" and status == 201 else "",
        _LOGINS.get(status, "ok") if entry["user"] else "",
    )


def _route(uri: str) -> tuple[str, str]:
    """Return the route of a path, and the first component of the repository's name."""
    if uri in _FIXED:
        return _FIXED[uri], ""
    if uri == "/browse" or uri.startswith("/browse/"):
        return "browse", ""
    found = _NAMED.fullmatch(uri)
    if not found:
        return "other", ""
    return next(kind for kind in _KINDS if found[kind]), found["folder"]
