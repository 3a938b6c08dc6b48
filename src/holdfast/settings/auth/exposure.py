"""Whether strangers can reach a registry that gives something without a login."""

from __future__ import annotations

from ipaddress import ip_address

from pydantic_core import PydanticCustomError

from holdfast.settings.auth import Auth, Htpasswd, Open
from holdfast.settings.sections import Proxy
from holdfast.settings.tls import External, Mtls, Tls


def refuse_strangers(auth: Auth, tls: Tls, mtls: Mtls, proxy: Proxy) -> None:
    """Raise PydanticCustomError when a login is missing where strangers may come from."""
    why = _open(auth)
    if why is None or getattr(auth, "accept_open_access", False) or mtls.verify == "require":
        return
    # What a load balancer lets through cannot be seen from here.
    public = (
        ["a load balancer"] if isinstance(tls, External) else list(filter(_public, proxy.addresses))
    )
    if public:
        raise PydanticCustomError(
            "holdfast_open_access",
            "auth_accept_open_access|true, for {why} and {place} can be reached by strangers"
            "|It says that you accept that they need no login; or listen on"
            " loopback or private addresses alone (registry_proxy_addresses)",
            {"why": why, "place": ", ".join(public), "given": "false"},
        )


def _open(auth: Auth) -> str | None:
    """Return the setting that gives something without a login; None: there is none."""
    if isinstance(auth, Open):
        return "registry_auth_mode is none"
    pull = isinstance(auth, Htpasswd) and auth.anonymous == "pull"
    return "registry_auth_anonymous is pull" if pull else None


def _public(address: str) -> bool:
    """Tell whether an address is one for the world; `0.0.0.0` and `::` stand for all there are."""
    parsed = ip_address(address)
    return parsed.is_unspecified or parsed.is_global
