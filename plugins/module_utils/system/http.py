"""Send single HTTP requests, and open connections that trust one more authority."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.holdfast.registry.plugins.module_utils.system import outbound


class _Forwarded(http.client.HTTPConnection):
    """Connection to a proxy that forwards requests to another server."""

    def __init__(self, origin: str, proxy: str, timeout: float) -> None:
        super().__init__(outbound.place(proxy), timeout=timeout)
        self._origin, self._login = origin, outbound.login(proxy)

    def putrequest(self, method: str, url: str, *args: Any, **more: Any) -> None:
        super().putrequest(method, f"{self._origin}{url}", *args, **more)
        for name, value in self._login.items():
            self.putheader(name, value)


def target(address: str) -> str:
    """Return path and query of an address, as a request names them."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def trust(ca: str = "") -> ssl.SSLContext:
    """Return what connections trust: the system's authorities, and those in `ca`, which is PEM."""
    context = ssl.create_default_context()
    if ca:
        context.load_verify_locations(cadata=ca)
    return context


def connection(
    address: str,
    timeout: float,
    ca: str = "",
    proxy: str = "",
    context: ssl.SSLContext | None = None,
) -> http.client.HTTPConnection:
    """Return a connection to the server of an http or https address; opens nothing yet.

    `timeout` is in seconds, for each wait. `ca` is PEM to trust in addition to the system's
    authorities. `proxy` is the address of a proxy; "" connects directly. `context` stands for `ca`
    where many connections share one: it takes tens of milliseconds to make.
    """
    parts = urlsplit(address)
    if parts.scheme != "https":
        if proxy:
            return _Forwarded(f"http://{parts.netloc}", proxy, timeout)
        return http.client.HTTPConnection(parts.netloc, timeout=timeout)
    context = context or trust(ca)
    if not proxy:
        return http.client.HTTPSConnection(parts.netloc, timeout=timeout, context=context)
    link = http.client.HTTPSConnection(outbound.place(proxy), timeout=timeout, context=context)
    link.set_tunnel(parts.hostname or "", parts.port or 443, outbound.login(proxy))
    return link


def ask(
    method: str,
    address: str,
    headers: Mapping[str, str] | None = None,
    *,
    timeout: float,
    ca: str = "",
) -> tuple[int, bytes]:
    """Send one request on its own connection; return status and body, without redirects.

    Raises OSError if there is no answer, or none of HTTP.
    """
    place, link = urlsplit(address).netloc, connection(address, timeout, ca)
    try:
        link.request(method, target(address), headers=dict(headers or {}))
        answer = link.getresponse()
        return answer.status, answer.read()
    except http.client.HTTPException as error:
        what = str(error) or type(error).__name__
        raise ConnectionError(f"{place}: expected an answer of HTTP, got {what}") from error
    finally:
        link.close()
