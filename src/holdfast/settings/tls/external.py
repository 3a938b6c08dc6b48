"""TLS that ends elsewhere."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.types import Expect


class External(Section):
    """TLS ends at a load balancer of your own; the proxy speaks plain HTTP to it alone."""

    mode: Literal["external"]
    plain_port: t.Port = 8080
    """Port for plain HTTP. Clients go to `registry_proxy_port` of the load balancer."""
    plain_addresses: Annotated[
        tuple[t.Address, ...],
        Field(min_length=1, strict=False),
        Expect("a list of addresses of the host"),
    ] = ("127.0.0.1",)
    """Addresses to listen on."""
    trusted_proxies: Annotated[
        tuple[t.Network, ...],
        Field(min_length=1, strict=False),
        Expect("a list of addresses or networks", 'e.g. ["127.0.0.1", "10.0.0.0/28"]'),
    ]
    """Who may connect, and whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    ca: t.PemOrPath | None = None
    """Root that clients should trust, when it is not in every system's store."""
