"""Check that access without a login is not offered on public addresses by mistake."""

from __future__ import annotations

from ipaddress import ip_address

from holdfast.settings.refusal import refusal
from holdfast.settings.sections.auth import Auth
from holdfast.settings.sections.mtls import Mtls
from holdfast.settings.sections.proxy import Proxy
from holdfast.settings.sections.tls import Tls


def check_public_exposure(auth: Auth, tls: Tls, mtls: Mtls, proxy: Proxy) -> None:
    """Raise a refusal for access without a login on public addresses that was not accepted."""
    why = auth.open_because
    if why is None or getattr(auth, "accept_open_access", False) or mtls.verify == "require":
        return
    # What a load balancer lets through cannot be seen from here.
    here = tls.terminates_here
    public = list(filter(_public, proxy.addresses)) if here else ["a load balancer"]
    if public:
        raise refusal(
            "auth_accept_open_access",
            f"true, for {why} and {', '.join(public)} can be reached by strangers",
            "It says that you accept that they need no login; or listen on loopback or private"
            " addresses alone (registry_proxy_addresses)",
            given="false",
        )


def _public(address: str) -> bool:
    """Tell whether an address is public; `0.0.0.0` and `::` count as public."""
    parsed = ip_address(address)
    return parsed.is_unspecified or parsed.is_global
