"""How a host reaches its own registry, as a client would."""

from __future__ import annotations

from typing import Any

from holdfast.settings.model import Settings
from holdfast.settings.tls import External

LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- compared, not bound
"""Where the host reaches itself, by the address that the proxy listens on."""


def probe(settings: Settings) -> dict[str, Any]:
    """Return host, port, address, scheme, and whether clients' certificates are asked for."""
    tls, proxy = settings.tls, settings.proxy
    external = isinstance(tls, External)
    address = (tls.plain_addresses if isinstance(tls, External) else proxy.addresses)[0]
    return {
        "host": settings.hostname,
        "port": tls.plain_port if isinstance(tls, External) else proxy.port,
        "address": LOOPBACK.get(address, address),
        "scheme": "http" if external else "https",
        "certificates": settings.mtls.verify,
    }
