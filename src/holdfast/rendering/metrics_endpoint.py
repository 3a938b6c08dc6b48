"""The address at which metrics are scraped, and who may do so."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from ipaddress import ip_network

from holdfast.rendering.layout import Layout
from holdfast.settings import Settings

HEALTH = "health.sock"
"""Socket of the proxy at which the figures look if the registry answers."""
METRICS = "metrics.sock"
"""Socket of the figures, for the proxy."""
CLIENT_CA = "proxy/metrics-ca.pem"
"""File of a generation with the authorities of clients that scrape."""


@dataclass(frozen=True)
class MetricsEndpoint:
    """Address of the metrics, with what guards it."""

    address: str
    """Address and port."""
    port: int
    tls: bool
    allow: tuple[str, ...]
    client_ca: str
    """SHA-256 of the authorities of clients; "" if no client certificate is required."""
    metrics: str
    health: str

    def sources(self, version: int) -> list[str]:
        """Return the networks of an IP version that may connect."""
        networks = [ip_network(one) for one in self.allow]
        return [str(one) for one in networks if one.version == version]


def endpoint(settings: Settings, layout: Layout) -> MetricsEndpoint | None:
    """Return the address of the metrics; None if they are not served."""
    wanted = settings.metrics
    if not wanted.address:
        return None
    return MetricsEndpoint(
        wanted.listen,
        wanted.port,
        not wanted.on_loopback,
        wanted.allow,
        hashlib.sha256(wanted.client_ca.encode()).hexdigest() if wanted.client_ca else "",
        f"{layout.facts_run}/{METRICS}",
        f"{layout.facts_run}/{HEALTH}",
    )
