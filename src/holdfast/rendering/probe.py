"""How a host reaches its own registry, as a client would."""

from __future__ import annotations

from typing import Any

from holdfast.rendering.sites import sites
from holdfast.rendering.trust import token_trust
from holdfast.settings.auth import ExternalToken, Open
from holdfast.settings.model import Settings
from holdfast.settings.tls import External

LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- compared, not bound
"""Where the host reaches itself, by the address that the proxy listens on."""


def probe(settings: Settings) -> dict[str, Any]:
    """Return how a client reaches the registry, what it is asked for, and what of it is a mirror.

    That is host, port, address and scheme; whether clients' certificates are asked for
    (certificates), and whether a login is (login), which realm gives a token for, if one does, and
    whether that is an issuer that is not ours (elsewhere); all names of the host; whether the
    registry takes pushes at all (pushes) and now (writes); and of each mirror its service, host,
    path, and whether it is open to everybody.
    """
    tls, proxy, trust = settings.tls, settings.proxy, token_trust(settings)
    external = isinstance(tls, External)
    address = (tls.plain_addresses if isinstance(tls, External) else proxy.addresses)[0]
    return {
        "host": settings.hostname,
        "port": tls.plain_port if isinstance(tls, External) else proxy.port,
        "address": LOOPBACK.get(address, address),
        "scheme": "http" if external else "https",
        "certificates": settings.mtls.verify,
        "login": not isinstance(settings.auth, Open),
        "realm": trust.told if trust else None,
        "elsewhere": isinstance(settings.auth, ExternalToken),
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
