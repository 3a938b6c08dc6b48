"""Settings to files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from holdfast.bundle import collection_root
from holdfast.rendering import passwords
from holdfast.rendering.layout import HOST, Layout
from holdfast.rendering.tree import File, Tree
from holdfast.settings.model import Settings
from holdfast.settings.sections import Package

REGISTRY_USER = "holdfast-registry"
PROXY_USER = "holdfast-proxy"
SOCKET_GROUP = "holdfast"
"""Group of the registry's socket: the proxy is in it, and nobody else."""


@dataclass(frozen=True)
class _Kind:
    mode: int
    group: str
    sensitive: bool = False


_FILES = {
    "registry/config.yml": _Kind(0o440, SOCKET_GROUP),
    "registry/http.env": _Kind(0o400, "root", sensitive=True),
    "proxy/nginx.conf": _Kind(0o440, PROXY_USER),
    "proxy/headers.conf": _Kind(0o440, PROXY_USER),
    "proxy/htpasswd": _Kind(0o440, PROXY_USER, sensitive=True),
    "systemd/holdfast.target": _Kind(0o444, "root"),
    "systemd/holdfast-registry@.service": _Kind(0o444, "root"),
    "systemd/holdfast-proxy.service": _Kind(0o444, "root"),
    "systemd/holdfast-proxy.socket": _Kind(0o444, "root"),
    "systemd/sysusers.conf": _Kind(0o444, "root"),
    "systemd/tmpfiles.conf": _Kind(0o444, "root"),
    "logrotate/holdfast": _Kind(0o444, "root"),
}
"""Every file that a generation can have; its template is the same path below templates/."""


def render(settings: Settings, layout: Layout = HOST) -> Tree:
    """Return the files of the generation that these settings describe.

    Pure: the same settings give the same bytes, on every machine. A file whose template renders
    to nothing is not part of the generation.
    """
    context = _context(settings, layout)
    texts = {path: _template(path).render(context) for path in _FILES}
    return Tree(
        {
            path: File(texts[path], kind.mode, "root", kind.group, kind.sensitive)
            for path, kind in _FILES.items()
            if texts[path].strip()
        }
    )


def binary_path(settings: Settings, layout: Layout = HOST) -> str:
    """Return the path of the registry's binary on the host."""
    source = settings.distribution
    if isinstance(source, Package):
        return "/usr/bin/docker-registry"
    # The checksum is in the name, so that two builds of one version can lie side by side.
    build = source.checksum.removeprefix("sha256:")[:12]
    return f"{layout.opt}/distribution/{source.version}-{build}/registry"


def listeners(settings: Settings) -> list[tuple[str, bool]]:
    """Return (address:port, whether it is TLS) in the order of the socket unit's descriptors."""
    proxy = settings.proxy
    ports = [(proxy.port, True)] + ([(proxy.http_port, False)] if proxy.http_port else [])
    return [
        (f"[{address}]:{port}" if ":" in address else f"{address}:{port}", tls)
        for port, tls in ports
        for address in proxy.addresses
    ]


def _context(settings: Settings, layout: Layout) -> dict[str, Any]:
    return {
        "settings": settings,
        "layout": layout,
        "binary": binary_path(settings, layout),
        "from_package": isinstance(settings.distribution, Package),
        "listeners": listeners(settings),
        "htpasswd": passwords.entries(settings),
        "http_secret": settings.http.secret.get_secret_value() if settings.http.secret else "",
        # Debian 12 has OpenSSL 3.0, which does not know the hybrid post-quantum group.
        "post_quantum": settings.platform != "debian12",
        "registry_user": REGISTRY_USER,
        "proxy_user": PROXY_USER,
        "socket_group": SOCKET_GROUP,
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(collection_root() / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 -- no HTML here; the settings' own patterns bound every value
    )
    # Ansible's own `tojson` is not wanted: JSON is YAML, and quotes a value safely.
    environment.filters["quoted"] = json.dumps
    return environment


@cache
def _template(path: str) -> Any:
    return _environment().get_template(f"{path}.j2")
