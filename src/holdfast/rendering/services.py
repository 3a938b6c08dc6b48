"""The services that a generation runs beside the proxy, and how each is asked if it is ready."""

from __future__ import annotations

from typing import Any

from holdfast.rendering.trust import token_trust
from holdfast.settings import Settings
from holdfast.settings.auth import ExternalToken, Htpasswd, Token


def services(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return path, status and writes of each service by its name.

    A service NAME has the unit `systemd/holdfast-NAME@.service` and listens on
    `/run/holdfast/NAME/GENERATION.sock`. It is ready when a GET of `path` there gives `status`
    and, with `writes`, when it takes an upload.
    """
    tokens = token_trust(settings) is not None
    # Of an issuer that is not ours no token can be had here, and nothing is taken without one.
    writes = not isinstance(settings.auth, ExternalToken)
    found = {"registry": {"path": "/v2/", "status": 401 if tokens else 200, "writes": writes}}
    if isinstance(settings.auth, Token):
        found["issuer"] = {"path": "/auth/health", "status": 204, "writes": False}
    if isinstance(settings.auth, Htpasswd):
        found["logins"] = {"path": "/", "status": 403, "writes": False}
    return found
