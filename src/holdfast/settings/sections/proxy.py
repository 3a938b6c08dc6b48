"""The section `registry_proxy_*`: nginx in front of the registry."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.section import Section
from holdfast.settings.types import Expect


class Proxy(Section):
    """nginx in front of the registry."""

    port: t.Port = 443
    """Port that the registry listens on, TLS only."""
    public_port: t.Port | None = None
    """Port that clients use, where a load balancer or a forwarded port is before the host;
    `registry_proxy_port` if it is not given."""
    http_port: t.PortOrOff = 80
    """Port that redirects http to https; 0 for none."""
    addresses: Annotated[
        tuple[t.Address, ...],
        Field(min_length=1, strict=False),
        Expect("a list of addresses of the host"),
    ] = ("0.0.0.0", "::")  # noqa: S104 -- a registry is there to be reached
    """Addresses to listen on; remove `::` where IPv6 is disabled."""
    body_limit_mib: Annotated[
        int, Field(ge=0, le=1048576), Expect("MiB from 0 (no limit) to 1048576")
    ] = 0
    """Maximum size of a request body in MiB, which limits one layer; 0 for no limit."""
    timeout_seconds: Annotated[int, Field(ge=10, le=86400), Expect("seconds from 10 to 86400")] = (
        900
    )
    """Timeout in seconds without data from the registry or a client during a transfer."""
    connections_per_address: Annotated[
        int, Field(ge=1, le=100000), Expect("connections from 1 to 100000")
    ] = 300
    """Maximum number of concurrent requests of one client address."""
    uploads_per_minute: Annotated[
        int, Field(ge=0, le=1000000), Expect("uploads from 1 to 1000000, or 0 for no limit")
    ] = 3000
    """Maximum number of uploads (one for each layer) that one address may begin in a minute, after
    as many at once; 0 for no limit. Each takes files on the disk until
    `registry_storage_purge_hours` have passed."""
    direct_blobs: bool = True
    """Let the proxy send blobs from `registry_storage_directory`, after the login and the
    registry's own records allow it. Has no effect with other storage, mirrors, a CDN or receivers
    of pull notifications; see docs/blobs.md."""

    @model_validator(mode="after")
    def _two_ports(self) -> Proxy:
        if self.port == self.http_port:
            raise refusal(
                "http_port", "a port other than registry_proxy_port", "Use 0 for no redirect"
            )
        return self
