"""The section `registry_outbound_*`: the proxy for what leaves the host, and the controller."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.types import Expect


class Outbound(Section):
    """Proxy for requests to other machines."""

    proxy: t.OutboundProxy | None = None
    """HTTP proxy by which the host reaches other machines, `http://[USER:PASSWORD@]NAME:PORT`: for
    packages, certificates by ACME, revocation lists, OCSP, mirrors, buckets and notifications. Not
    for the cache or LDAP, which are not HTTP."""
    no_proxy: Annotated[
        tuple[t.NoProxy, ...], Field(strict=False), Expect("a list of names, addresses, networks")
    ] = ()
    """Names (with all names below them), addresses and networks that are reached directly. The
    registry's own names, the host's own addresses, the cache and a cloud's metadata service always
    are."""
    controller_proxy: t.OutboundProxy | None = None
    """HTTP proxy by which the controller downloads the binary and an issuer's keys. Default: what
    the variables HTTPS_PROXY and NO_PROXY of its environment say."""

    @property
    def hosts(self) -> list[str]:
        """Names and addresses of single hosts in `no_proxy`: apt knows no other form."""
        return [one for one in self.no_proxy if not (one.startswith(".") or {*"/:"} & {*one})]
