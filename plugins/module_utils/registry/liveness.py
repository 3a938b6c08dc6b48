"""Check that the registry answers under its public name."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.registry import (
    http as registry_http,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import paths

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.probe import Probe


def problems(probe: Probe) -> list[str]:
    """Request /v2/ as a client without login and certificate; return the problems.

    Only the certificate in use is trusted, so that another one is a problem, too.
    """
    wanted = 401 if probe["login"] else 200
    wanted = 403 if probe["certificates"] == "require" else wanted
    try:
        reply = _connection(probe).request("GET", "/v2/", b"", {})
    except (OSError, registry_http.RegistryError) as error:
        return [str(error)]
    if reply.status != wanted:
        return [f"/v2/ answers {reply.status}, not {wanted}"]
    realm = probe["realm"]
    if wanted == 401 and realm and f'Bearer realm="{realm}"' not in str(reply.headers):
        return [f"/v2/ does not send clients to {realm} for tokens"]
    return []


def login_problems(probe: Probe) -> list[str]:
    """Have a login checked, or request a token, as a client; return the problems.

    The proxy alone answers a request without a login: behind it nothing may be reachable.
    """
    if not probe["login"] or probe["elsewhere"] or probe["certificates"] == "require":
        return []
    realm, what = probe["realm"], "a login" if probe["realm"] is None else "a request for a token"
    # Another password each time: the proxy remembers what it has seen, and would ask nobody.
    login = base64.b64encode(f"-holdfast-:{secrets.token_urlsafe(16)}".encode()).decode()
    headers = {} if realm else {"Authorization": f"Basic {login}"}
    try:
        status = _connection(probe).request("GET", realm or "/v2/", b"", headers).status
    except (OSError, registry_http.RegistryError) as error:
        return [str(error)]
    # Whoever looked at it may also say that there were too many.
    return [] if status in {200, 401, 429} else [f"{what} is answered with {status}"]


def _connection(probe: Probe) -> registry_http.Connection:
    """Return a connection to the registry. Raises OSError if its certificate cannot be read."""
    host, port, address = probe["host"], probe["port"], probe["address"]
    if probe["scheme"] == "http":
        return registry_http.over_plain(host, port, address)
    return registry_http.over_tls(host, port, address, paths.CERTIFICATE)
