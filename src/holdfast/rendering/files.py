"""Every file that a generation can have: where its text comes from, and who may read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from holdfast.rendering.reach import leaves_host
from holdfast.rendering.secrets import environment, of_mirror
from holdfast.rendering.services import runtime
from holdfast.rendering.sites import Site, site_of
from holdfast.rendering.storage import KEY_FILE, directory
from holdfast.settings import Settings
from holdfast.settings.auth import Token
from holdfast.settings.mirrors import Mirror

REGISTRY_USER = "holdfast-registry"
PROXY_USER = "holdfast-proxy"
LOGINS_USER = "holdfast-logins"
"""User that checks passwords: it alone can read their hashes."""
FETCH_USER = "holdfast-fetch"
"""User that asks other machines for certificates; it can read nothing of ours."""
ISSUER_USER = "holdfast-issuer"
"""User of the issuer of tokens, who alone reads the key that signs them."""
CACHE_USER = "holdfast-cache"
"""User of our own cache; the registry is in its group, to reach its socket."""
SOCKET_GROUP = "holdfast"
"""Group of the services' sockets: the proxy is in it, and nobody else."""

HARDENING_FILES = {
    **dict.fromkeys(("sysctl.conf", "modprobe.conf", "sshd.conf", "journald.conf"), "#"),
    **dict.fromkeys(("audit.rules", "umask.sh", "limits.conf"), "#"),
    "upgrades.conf": "//",
}
"""Files below hardening/ that are lines of controls, and how a comment begins in each."""


@dataclass(frozen=True)
class Source:
    """Template, rights and variables of a file; there is none when it renders to nothing."""

    mode: int
    group: str
    sensitive: bool = False
    template: str = ""
    """Path below templates/ without .j2; empty: the file's own path."""
    own: Mapping[str, Any] = field(default_factory=dict)
    """Variables of this file alone."""
    configures: bool = False
    """Whether it configures a registry, so that the compiler has to see it."""


CONFIG = "registry/config.yml"
"""The one configuration that `registry_extra_config` adds to."""

_PUBLIC = Source(0o444, "root")
_FOR_PROXY = Source(0o440, PROXY_USER)
_FILES = {
    f"registry/{KEY_FILE}": Source(0o440, REGISTRY_USER, sensitive=True),
    "registry/cache-ca.pem": _PUBLIC,
    "registry/cache-certificate.pem": _PUBLIC,
    "registry/cache-key.pem": Source(0o440, REGISTRY_USER, sensitive=True),
    "registry/cdn-key.pem": Source(0o440, REGISTRY_USER, sensitive=True),
    "cache/cache.conf": Source(0o440, CACHE_USER),
    "cache/users.acl": _PUBLIC,
    "proxy/nginx.conf": _FOR_PROXY,
    "proxy/headers.conf": _FOR_PROXY,
    "logins/nginx.conf": Source(0o440, LOGINS_USER),
    "logins/htpasswd": Source(0o440, LOGINS_USER, sensitive=True),
    "systemd/holdfast.target": _PUBLIC,
    "systemd/holdfast-logins@.service": _PUBLIC,
    "systemd/holdfast-proxy.service": _PUBLIC,
    "systemd/holdfast-proxy.socket": _PUBLIC,
    "systemd/holdfast-cache.service": _PUBLIC,
    "systemd/holdfast-certificates.service": _PUBLIC,
    "systemd/holdfast-certificates.timer": _PUBLIC,
    "systemd/holdfast-certificates-fetch.service": _PUBLIC,
    "issuer/access.json": Source(0o440, ISSUER_USER),
    "issuer/sources.json": Source(0o440, ISSUER_USER, sensitive=True),
    "issuer/keys.json": Source(0o400, "root", sensitive=True),
    "systemd/holdfast-issuer@.service": _PUBLIC,
    "systemd/holdfast-storage.service": _PUBLIC,
    "systemd/holdfast-storage.timer": _PUBLIC,
    "systemd/sysusers.conf": _PUBLIC,
    "systemd/tmpfiles.conf": _PUBLIC,
    "agent/plan.json": _PUBLIC,
    "agent/acme.ini": Source(0o440, FETCH_USER, sensitive=True),
    "agent/rfc2136.ini": Source(0o440, FETCH_USER, sensitive=True),
    "agent/acme-ca.pem": _PUBLIC,
    "logrotate/holdfast": _PUBLIC,
    "systemd/holdfast-firewall.service": _PUBLIC,
    "systemd/holdfast-data.service": _PUBLIC,
    "hardening/plan.json": _PUBLIC,
    "hardening/firewall.nft": _PUBLIC,
    "hardening/apparmor": _PUBLIC,
    **{
        f"hardening/{name}": Source(
            0o444, "root", template="hardening/lines", own={"file": name, "mark": mark}
        )
        for name, mark in HARDENING_FILES.items()
    },
}


_OF_TOKENS = tuple(
    path for path in _FILES if path.startswith(("issuer/", "systemd/holdfast-issuer"))
)


def sources(settings: Settings) -> Iterator[tuple[str, Source]]:
    """Yield path and source of every file that a generation of these settings can have."""
    issues = isinstance(settings.auth, Token)
    yield from (one for one in _FILES.items() if issues or one[0] not in _OF_TOKENS)
    yield from _process(
        service="registry",
        folder="registry",
        what="Container registry",
        directory=directory(settings),
        memory_mib=settings.service.memory_mib,
        network=leaves_host(settings),
        secrets=environment(settings),
        upstream=settings.upstream,
    )
    for mirror in settings.mirrors:
        yield from _mirror(mirror, site_of(settings, mirror.service)[0])


def _mirror(mirror: Mirror, site: Site) -> Iterator[tuple[str, Source]]:
    return _process(
        "mirrors/config.yml",
        service=mirror.service,
        folder=mirror.folder,
        what=f"Mirror of {mirror.url}",
        directory=mirror.place,
        memory_mib=mirror.memory_mib,
        network=True,
        secrets=of_mirror(mirror),
        upstream=mirror,
        site=site,
        # The cache is the registry's.
        local_cache=None,
        cache_port=0,
    )


def _process(config: str = CONFIG, **own: Any) -> Iterator[tuple[str, Source]]:
    """Yield the files of one process of the registry's binary; they differ in `own` alone."""
    folder, service = own["folder"], own["service"]
    own["runtime"] = runtime(own["memory_mib"])
    yield f"{folder}/config.yml", Source(0o440, REGISTRY_USER, False, config, own, True)
    yield f"{folder}/ca.pem", Source(0o444, "root", False, "registry/ca.pem", own)
    yield f"{folder}/secrets.env", Source(0o400, "root", True, "registry/secrets.env", own)
    unit = "systemd/holdfast-registry@.service"
    yield f"systemd/holdfast-{service}@.service", Source(0o444, "root", False, unit, own)
