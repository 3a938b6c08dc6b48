"""Environment of the processes that reach other machines through a proxy."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from holdfast.settings import Settings
from holdfast.settings.sections.outbound import Outbound

ALWAYS = ("localhost", "127.0.0.0/8", "::1", "169.254.169.254", "metadata.google.internal")
"""This machine, and the metadata services of clouds, which answer on no other way."""


def environment(settings: Settings) -> dict[str, str]:
    """Return the variables of a process that leaves the host; {} without a proxy.

    They hold a secret if the proxy's address has a login.
    """
    proxy = settings.outbound.proxy
    if proxy is None:
        return {}
    address, direct = proxy.get_secret_value(), ",".join(dict.fromkeys(_direct(settings)))
    return {"HTTP_PROXY": address, "HTTPS_PROXY": address, "NO_PROXY": direct}


def of_controller(outbound: Outbound) -> dict[str, str] | None:
    """Return the variables for downloads of the controller; None to use its environment's."""
    proxy = outbound.controller_proxy
    if proxy is None:
        return None
    address = proxy.get_secret_value()
    direct = ",".join(outbound.no_proxy)
    return {"HTTP_PROXY": address, "HTTPS_PROXY": address, "NO_PROXY": direct}


def _direct(settings: Settings) -> Iterator[str]:
    """Yield the names and addresses that are reached without the proxy."""
    yield from ALWAYS
    yield from settings.names
    yield from (address for address in settings.addresses if not ip_address(address).is_unspecified)
    cache = settings.cache.external
    for address in cache.addresses if cache else ():
        yield address.rpartition(":")[0].strip("[]")
    yield from settings.outbound.no_proxy
