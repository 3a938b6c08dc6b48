"""Make a side of a copy of what a user names: an address, or the host of an inventory."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry import (
    http as registry_http,
)

from holdfast.copying import server
from holdfast.copying.access import Access
from holdfast.copying.credentials import Credential
from holdfast.copying.registry import Registry
from holdfast.errors import InputError
from holdfast.verification.network.endpoint import Endpoint
from holdfast.verification.target import Target

HUB, HUB_SERVER = "docker.io", "registry-1.docker.io"
_ADDRESS = re.compile(r"(https?://|docker://)?([A-Za-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?(/.*)?")
EXPECTED = "a registry such as docker.io or registry.example.com/team, or a folder as oci:PATH"


def parsed(text: str) -> tuple[str, str, str]:
    """Return scheme, registry and path of an address. Raises InputError."""
    if text.startswith("oci:") and text != "oci:":
        return "oci", text.removeprefix("oci:"), ""
    found = _ADDRESS.fullmatch(text)
    name = f"{found[2]}{found[3] or ''}" if found else ""
    if not found or not ("." in name or ":" in name or name == "localhost"):
        raise InputError(f'expected {EXPECTED}, got "{text}"')
    path = (found[4] or "").strip("/")
    if name in (HUB, "index.docker.io", HUB_SERVER):
        name = HUB
        path = f"library/{path}" if path and "/" not in path else path
    return ("http" if found[1] == "http://" else "https"), name, path


def remote(
    address: tuple[str, str, str],
    credential: Credential | None,
    ca: Path | None,
    took: Callable[[int], None],
    *,
    below: str = "",
) -> tuple[Registry, server.Server]:
    """Return a registry of somebody else's; its authority is trusted in addition."""
    scheme, name, _ = address
    trusted = ca.read_text() if ca else ""
    base = f"{scheme}://{HUB_SERVER if name == HUB else name}"
    access = Access(credential, server.asker(trusted), plain=scheme == "http")
    one = server.Server(name, lambda: server.link_to(base, trusted), access)
    return Registry(one, base, ca=trusted, took=took, below=below), one


def ours(
    target: Target, credential: Credential | None, took: Callable[[int], None], below: str = ""
) -> tuple[Registry, server.Server]:
    """Return the registry of a host, as its clients reach it."""
    place = Endpoint.of(target)
    trusted = Path(place.cafile).read_text() if place.cafile else ""
    ask = server.asker(place.issuer[1] or trusted)
    name = target.settings.authority
    if place.tls:
        context = place.context()

        def connect() -> registry_http.Tls:
            where = place.host, place.port, place.address, context, server.TIMEOUT_SECONDS
            return registry_http.Tls(*where)

        one = server.Server(name, connect, Access(credential, ask))
    else:
        one = server.Server(name, lambda: _plain(place), Access(credential, ask, plain=True))
    return Registry(one, f"https://{name}", below=below, ca=trusted, took=took), one


def _plain(place: Endpoint) -> registry_http.Plain:
    return registry_http.Plain(place.host, place.port, place.address, server.TIMEOUT_SECONDS)
