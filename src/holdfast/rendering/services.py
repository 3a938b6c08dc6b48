"""The services that a generation runs beside the proxy, and how each is asked if it is ready."""

from __future__ import annotations

from typing import Any

from holdfast.rendering.trust import token_trust
from holdfast.settings import Settings
from holdfast.settings.auth import ExternalToken, Htpasswd, Token

POOLS = 10
"""How many generations in a row have kept connections of their own: one for each last digit."""


def runtime(memory_mib: int) -> dict[str, str]:
    """Return the environment of a registry's process that may take so much memory, in MiB."""
    return {
        # A bare binary would try to send traces.
        "OTEL_TRACES_EXPORTER": "none",
        # It allocates 4 MiB for each blob that it sends: with Go's 100 it would collect all the
        # time. With more, garbage of many clients at once would have it killed, but for the limit.
        "GOGC": "400",
        "GOMEMLIMIT": f"{memory_mib * 3 // 4}MiB",
    }


def services(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return path, status and writes of each service by its name; of a mirror also its upstream.

    A service NAME has the unit `systemd/holdfast-NAME@.service` and listens on
    `/run/holdfast/NAME/GENERATION.sock`. It is ready when a GET of `path` there gives `status`
    and, with `writes`, when it takes an upload. With `pools` the proxy keeps connections to it.

    A mirror cannot be started while its `upstream` is away. So it goes on running across a swap
    when neither its unit nor a file of its `folder` changed.
    """
    tokens = token_trust(settings) is not None
    # Of an issuer that is not ours no token can be had here, and nothing is taken without one.
    unproven = isinstance(settings.auth, ExternalToken) or settings.only_mirror
    writes = not (unproven or settings.storage.readonly)
    status = 401 if tokens else 200
    found: dict[str, dict[str, Any]] = {
        "registry": {"path": "/v2/", "status": status, "writes": writes, "pools": POOLS}
    }
    if settings.upstream.url:
        found["registry"] |= {"upstream": settings.upstream.url, "folder": "registry"}
    for one in settings.mirrors:
        mirror = {"path": "/v2/", "status": 200, "writes": False}
        found[one.service] = {**mirror, "upstream": one.url, "folder": one.folder}
    if isinstance(settings.auth, Token):
        found["issuer"] = {"path": "/auth/health", "status": 204, "writes": False}
    if isinstance(settings.auth, Htpasswd):
        found["logins"] = {"path": "/", "status": 403, "writes": False}
    return found
