"""Settings to files."""

from __future__ import annotations

import hashlib
import json
from functools import cache, partial
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from holdfast.bundle import collection_root
from holdfast.rendering import agent, blobs, caching, hardening, hooks, issuer, passwords, trust
from holdfast.rendering.files import (
    CACHE_USER,
    FETCH_USER,
    ISSUER_USER,
    LOGINS_USER,
    PROXY_USER,
    REGISTRY_USER,
    SOCKET_GROUP,
    sources,
)
from holdfast.rendering.layout import HOST, Layout
from holdfast.rendering.probe import probe
from holdfast.rendering.reach import asks_directory, leaves_host
from holdfast.rendering.registry_config import compiled
from holdfast.rendering.services import POOLS
from holdfast.rendering.sites import sites
from holdfast.rendering.storage import directory, has_key_file, parameters
from holdfast.rendering.template_cache import kept
from holdfast.rendering.tree import File, Tree
from holdfast.settings.auth import Htpasswd, Token
from holdfast.settings.cache import ExternalCache
from holdfast.settings.cdn import CloudFront
from holdfast.settings.model import Settings
from holdfast.settings.sections import Package
from holdfast.settings.tls import Acme, External, OwnCertificate

SYNTAX: dict[str, Any] = {
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
    "autoescape": False,
}
"""How templates are read."""


def render(settings: Settings, layout: Layout = HOST) -> Tree:
    """Return the files of the generation that these settings describe.

    Pure: the same settings give the same bytes, on every machine. A file whose template renders
    to nothing is not part of the generation. Raises InputError when the registry's configuration
    has a key that the settings' version of the registry does not read.
    """
    context, made = _context(settings, layout), {}
    for path, source in sources(settings):
        text = _template(source.template or path).render({**context, **source.own})
        if source.configures:
            text = compiled(text, path, settings)
        if text.strip():
            made[path] = File(text, source.mode, "root", source.group, source.sensitive)
    texts = agent.programs() | (issuer.programs() if isinstance(settings.auth, Token) else {})
    given = {path: _public(text) for path, text in (texts | trust.files(settings)).items()}
    return Tree({**made, **given})


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
    addresses = settings.proxy.addresses
    if isinstance(settings.tls, External):
        addresses = settings.tls.plain_addresses
    return [
        (f"[{address}]:{port}" if ":" in address else f"{address}:{port}", tls)
        for port, tls in _ports(settings)
        for address in addresses
    ]


def ports(settings: Settings) -> list[int]:
    """Return the ports that the proxy listens on."""
    return [port for port, _ in _ports(settings)]


def _ports(settings: Settings) -> list[tuple[int, bool]]:
    if isinstance(settings.tls, External):
        return [(settings.tls.plain_port, False)]
    proxy = settings.proxy
    return [(proxy.port, True)] + ([(proxy.http_port, False)] if proxy.http_port else [])


@cache
def _public(text: str) -> File:
    return File(text, 0o444, "root", "root", sensitive=False)


def _context(settings: Settings, layout: Layout) -> dict[str, Any]:
    known = _known(settings, layout)
    confinement = _confinement(known)
    plan = hardening.plan(settings, ports(settings), confinement)
    return {**known, "confinement": confinement, "hardening": plan}


def _known(settings: Settings, layout: Layout) -> dict[str, Any]:
    return {
        **hardening.context(settings, ports(settings)),
        "settings": settings,
        "layout": layout,
        "binary": binary_path(settings, layout),
        "from_package": isinstance(settings.distribution, Package),
        "listeners": listeners(settings),
        "external": settings.tls if isinstance(settings.tls, External) else None,
        "served": None if isinstance(settings.tls, External) else settings.tls,
        "pairs": _pairs(settings),
        "revocation": settings.mtls.ca is None or settings.mtls.crl is not None,
        "plan": agent.plan(settings, layout, probe(settings)),
        "fetches": agent.fetches(settings),
        "staples": agent.staples(settings),
        "certificates": f"{layout.etc}/tls/current" if agent.staples(settings) else "$certificates",
        "acme": settings.tls if isinstance(settings.tls, Acme) else None,
        **_logins(settings),
        "htpasswd": passwords.entries(settings) if isinstance(settings.auth, Htpasswd) else [],
        "trust": trust.token_trust(settings),
        "issues": isinstance(settings.auth, Token),
        "programs": issuer.PROGRAMS,
        **issuer.context(settings),
        "storage": parameters(settings),
        "key_file": has_key_file(settings),
        "images": directory(settings),
        "blob_store": blobs.store(settings),
        "network": leaves_host(settings),
        **_services(settings, layout),
        "directory": asks_directory(settings),
        "sites": list(sites(settings)),
        "pools": POOLS,
        # Debian 12 has OpenSSL 3.0, which does not know the hybrid post-quantum group.
        "post_quantum": settings.platform != "debian12",
        "registry_user": REGISTRY_USER,
        "proxy_user": PROXY_USER,
        "socket_group": SOCKET_GROUP,
        "logins_user": LOGINS_USER,
        "fetch_user": FETCH_USER,
        "issuer_user": ISSUER_USER,
    }


def _services(settings: Settings, layout: Layout) -> dict[str, Any]:
    """Return what templates need of the cache, of notifications and of a CDN."""
    return {
        "descriptors": caching.descriptors(settings),
        "redis": caching.redis(settings, layout),
        "external_cache": settings.cache if isinstance(settings.cache, ExternalCache) else None,
        "local_cache": caching.local(settings),
        "cache_port": caching.port(settings),
        "cache_server": caching.SERVERS[settings.platform],
        "cache_user": CACHE_USER,
        "notifications": hooks.notifications(settings),
        "middleware": hooks.middleware(settings),
        "cdn_key": settings.cdn.private_key if isinstance(settings.cdn, CloudFront) else None,
    }


def _logins(settings: Settings) -> dict[str, Any]:
    """Return how the proxy asks for a login, where it does so itself."""
    auth = settings.auth
    if not isinstance(auth, Htpasswd):
        return {"logins": None, "anonymous": False, "challenge": ""}
    return {
        "logins": auth,
        "anonymous": auth.anonymous == "pull",
        "challenge": challenge(settings, auth),
    }


def challenge(settings: Settings, auth: Htpasswd) -> str:
    """Return the words with which the proxy asks for a login."""
    if auth.anonymous == "pull":
        return f'Bearer realm="{settings.url}/token",service="{settings.authority}"'
    return f'Basic realm="{auth.realm}"'


def _confinement(context: dict[str, Any]) -> str | None:
    """Return the name of the registry's AppArmor profile; None when it has none.

    Its own rules are in the name: the registry that drains keeps those that it was started under.
    """
    if "units.apparmor" not in context["controls"]:
        return None
    rules = _template("hardening/apparmor").render({**context, "confinement": "holdfast-registry"})
    return f"holdfast-registry-{hashlib.sha256(rules.encode()).hexdigest()[:12]}"


def _pairs(settings: Settings) -> list[tuple[str, str]]:
    """Return the files of the certificates and keys that the proxy shows."""
    tls = settings.tls
    if isinstance(tls, OwnCertificate):
        second = tls.rsa_certificate is not None
    else:
        second = not isinstance(tls, External) and tls.key_type == "both"
    first = ("certificate.pem", "key.pem")
    return [first, ("rsa-certificate.pem", "rsa-key.pem")] if second else [first]


def compile_templates() -> None:
    """Compile all templates: what this process renders later, or a copy of it, finds them ready."""
    for name in _environment().list_templates():
        _environment().get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701 -- no HTML here; the settings' patterns bound every value
        loader=FileSystemLoader(collection_root() / "templates"),
        undefined=StrictUndefined,
        bytecode_cache=kept(SYNTAX),
        **SYNTAX,
    )
    # Ansible's own `tojson` is not wanted: JSON is YAML, and quotes a value safely.
    environment.filters["quoted"] = json.dumps
    environment.filters["lines"] = partial(json.dumps, indent=1)
    return environment


@cache
def _template(path: str) -> Any:
    return _environment().get_template(f"{path}.j2")
