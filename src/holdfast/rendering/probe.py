"""Parameters by which a host accesses its own registry like a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.rendering.sites import sites
from holdfast.rendering.token_trust import token_trust
from holdfast.settings.model import Settings

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.probe import Probe

LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- compared, not bound
"""Loopback address by the wildcard address on which the proxy listens."""


def probe(settings: Settings) -> Probe:
    """Return the parameters of a client's access to the registry and its mirrors.

    Keys: host, port, address, scheme; client certificates (certificates); True if a login is needed
    (login); the token realm, if any (realm); True for an external issuer (elsewhere); all names of
    the host (names); True if the registry accepts pushes in general (pushes) and currently
    (writes); for each mirror its service, host, path, and True if it needs no login (open).
    """
    address, (port, encrypted) = settings.addresses[0], settings.ports[0]
    trust = token_trust(settings)
    return {
        "host": settings.hostname,
        "port": port,
        "address": LOOPBACK.get(address, address),
        "scheme": "https" if encrypted else "http",
        "certificates": settings.mtls.verify,
        "login": settings.auth.asks_login,
        "realm": trust.token_url if trust else None,
        "elsewhere": settings.auth.external_token is not None,
        "names": list(settings.names),
        "pushes": not settings.only_mirror,
        "mirrors": [
            {"service": one.service, "host": site.hostname, "path": one.path, "open": one.anonymous}
            for site in sites(settings)
            for one in site.routes
            if one.read_only
        ],
        "writes": not settings.storage.readonly,
    }
