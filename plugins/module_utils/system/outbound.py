"""Choose the proxy for a request to another machine, by HTTPS_PROXY and NO_PROXY.

The standard library knows no networks in NO_PROXY; the registry does.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import os
import urllib.request
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


def read(path: str) -> dict[str, str]:
    """Return the variables in an environment file of a generation; {} if there is none."""
    try:
        with open(path, encoding="utf-8") as stream:
            pairs = [line.rstrip("\n").partition("=") for line in stream]
    except OSError:
        return {}
    return {name: json.loads(value) for name, _, value in pairs if name in NAMES}


def proxy_for(address: str, variables: Mapping[str, str] | None = None) -> str:
    """Return the proxy for an address; "" if it is reached directly.

    `variables` default to those of this process.
    """
    known = os.environ if variables is None else variables
    parts = urlsplit(address)
    name = f"{parts.scheme}_proxy"
    proxy = known.get(name.upper()) or known.get(name) or ""
    direct = known.get("NO_PROXY") or known.get("no_proxy") or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return "" if _is_direct(parts.hostname or "", port, direct) else proxy


def login(proxy: str) -> dict[str, str]:
    """Return the header of the login in a proxy's address; {} if it has none."""
    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def opener(
    variables: Mapping[str, str] | None = None, *handlers: urllib.request.BaseHandler
) -> urllib.request.OpenerDirector:
    """Return an opener that chooses the proxy for each request, redirected ones included."""
    # Without a handler of this kind, the library adds its own, which knows no networks.
    unused = urllib.request.ProxyHandler({})
    return urllib.request.build_opener(unused, _Proxies(variables), *handlers)


class _Proxies(urllib.request.BaseHandler):
    handler_order = 100  # before those that connect

    def __init__(self, variables: Mapping[str, str] | None) -> None:
        self._variables = variables

    def http_open(self, req: urllib.request.Request) -> None:
        proxy = proxy_for(req.full_url, self._variables)
        if proxy:
            for name, value in login(proxy).items():
                req.add_unredirected_header(name, value)
            req.set_proxy(place(proxy), "http")

    https_open = http_open


def place(proxy: str) -> str:
    """Return host and port of a proxy's address."""
    return urlsplit(proxy).netloc.rpartition("@")[2]


def _is_direct(host: str, port: int, direct: str) -> bool:
    """Return True if a host is this machine, or is in the text of NO_PROXY."""
    address = _address(host)
    if host == "localhost" or (address and address.is_loopback):
        return True
    return any(_matches(one.strip().lower(), host, port, address) for one in direct.split(","))


def _matches(
    entry: str, host: str, port: int, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None
) -> bool:
    if not entry or entry == "*":
        return entry == "*"
    if address:
        try:
            return address in ipaddress.ip_network(entry)
        except ValueError:
            return False
    name, _, wanted = entry.partition(":")
    bare = name.removeprefix(".")
    below = host.endswith(f".{bare}") or (host == bare and name == bare)
    return below and wanted in ("", str(port))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
