"""Addresses and ports on which the proxy listens."""

from __future__ import annotations

from holdfast.settings import Settings


def listeners(settings: Settings) -> list[tuple[str, bool]]:
    """Return (address:port, True if it is TLS) in the order of the socket unit's descriptors."""
    return [
        (f"[{address}]:{port}" if ":" in address else f"{address}:{port}", tls)
        for port, tls in settings.ports
        for address in settings.addresses
    ]


def ports(settings: Settings) -> list[int]:
    """Return the TCP ports on which the proxy listens."""
    return [port for port, _ in settings.ports]
