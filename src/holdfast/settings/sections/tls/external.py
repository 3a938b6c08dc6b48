"""TLS that a load balancer terminates."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import Field

from holdfast.settings import types as t
from holdfast.settings.sections.tls.base import TlsMode
from holdfast.settings.types import Expect


class External(TlsMode):
    """A load balancer of your own terminates TLS; the proxy speaks plain HTTP and only to it."""

    mode: Literal["external"]
    plain_port: t.Port = 8080
    """Port for plain HTTP. Clients connect to `registry_proxy_port` of the load balancer."""
    plain_addresses: Annotated[
        tuple[t.Address, ...],
        Field(min_length=1, strict=False),
        Expect("a list of addresses of the host"),
    ] = ("127.0.0.1",)
    """Addresses to listen on for plain HTTP."""
    trusted_proxies: Annotated[
        tuple[t.Network, ...],
        Field(min_length=1, strict=False),
        Expect("a list of addresses or networks", 'e.g. ["127.0.0.1", "10.0.0.0/28"]'),
    ]
    """Addresses of the load balancers. Only they may connect, and their X-Forwarded-For and
    X-Forwarded-Proto are trusted."""
    ca: t.PemOrPath | None = None
    """CA certificate that clients have to trust, if it is not in every system's store."""

    @property
    def terminates_here(self) -> bool:
        """False: the load balancer terminates TLS."""
        return False

    @property
    def key_pairs(self) -> tuple[tuple[str, str], ...]:
        """Empty: the proxy serves no certificate."""
        return ()

    @property
    def warn_days(self) -> int:
        """0: the certificate is the load balancer's, so there are no warnings about it."""
        return 0

    @property
    def hsts_seconds(self) -> int:
        """0: the load balancer sends the header, if any."""
        return 0

    @property
    def origin(self) -> str:
        """Source of the host's certificates, in one line."""
        return self.mode

    @property
    def may_connect(self) -> tuple[str, ...]:
        """Addresses and networks of the load balancers, and the host's own for its probes."""
        own = (one for one in self.plain_addresses if not ip_address(one).is_unspecified)
        return tuple(dict.fromkeys([*self.trusted_proxies, *own]))

    @property
    def external(self) -> External:
        """These settings."""
        return self

    @property
    def client_ca(self) -> str | None:
        """CA certificate that clients have to trust, as PEM or a path; None if their system has
        it."""
        return self.ca
