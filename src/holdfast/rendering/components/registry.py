"""The registry: CNCF Distribution, one process for each generation."""

from __future__ import annotations

from typing import Any

from holdfast.rendering import cache_config, notifications, outbound, storage_config
from holdfast.rendering.accounts import REGISTRY_USER, SOCKET_GROUP
from holdfast.rendering.component import Account, Component, Directory, Service, Source, public
from holdfast.rendering.components.hardening import apparmor_profile
from holdfast.rendering.gated import gated
from holdfast.rendering.layout import Layout
from holdfast.rendering.network import leaves_host
from holdfast.rendering.registry_binary import binary_path, unit_variables
from holdfast.rendering.registry_process import environment as process_environment
from holdfast.rendering.registry_process import files, process
from holdfast.rendering.secrets import environment
from holdfast.rendering.token_trust import token_trust, trusted_keys
from holdfast.settings import Settings
from holdfast.settings.sections.cdn.modes import KEY_FILE as CDN_KEY_FILE
from holdfast.settings.sections.storage.gcs import KEY_FILE as GCS_KEY_FILE

POOLS = 10
"""Number of consecutive generations with separate keep-alive pools: one for each last digit."""
_SECRET = Source(0o440, REGISTRY_USER, sensitive=True)


def component(settings: Settings, layout: Layout) -> Component:
    """Return the component of the registry."""
    network = leaves_host(settings)
    secrets = {**environment(settings), **(outbound.environment(settings) if network else {})}
    memory = settings.service.memory_mib
    authorities = f"{layout.current}/registry/ca.pem" if network and settings.service.ca else None
    own = process_environment(memory, secrets, authorities)
    process_files = files(
        service="registry",
        folder="registry",
        what="Container registry",
        directory=storage_config.directory(settings),
        memory_mib=memory,
        network=network,
        secrets=secrets,
        upstream=settings.upstream,
    )
    return Component(
        "registry",
        files={**_own_files(), **dict(process_files)},
        ready={path: public(text) for path, text in trusted_keys(settings).items()},
        variables=_variables(settings, layout),
        services=(_service(settings),),
        processes=(process(layout, "registry", "registry", own),),
        accounts=(Account(REGISTRY_USER, "Container registry"),),
        directories=_directories(settings, layout),
        packages=(settings.os.registry_package,) if settings.distribution.from_package else (),
        expect={
            "binary": binary_path(settings),
            "storage": storage_config.facts(settings),
            "cache": cache_config.expected(settings),
        },
    )


def _own_files() -> dict[str, Source]:
    return {
        f"registry/{GCS_KEY_FILE}": _SECRET,
        "registry/cache-ca.pem": Source(),
        "registry/cache-certificate.pem": Source(),
        "registry/cache-key.pem": _SECRET,
        f"registry/{CDN_KEY_FILE}": _SECRET,
    }


def _variables(settings: Settings, layout: Layout) -> dict[str, Any]:
    """Return the variables of the configuration and of the unit."""
    cache, storage = settings.cache, settings.storage
    return {
        **unit_variables(settings, layout),
        "confinement": apparmor_profile(settings, layout),
        "trust": token_trust(settings),
        "storage": storage.parameters(settings.version),
        "key_file": storage.key_file,
        "images": storage_config.directory(settings),
        "descriptors": cache.descriptors,
        "redis": cache_config.redis(settings, layout),
        "external_cache": cache.external,
        "local_cache": cache.local,
        "cache_port": cache.port_for(settings.version),
        "notifications": notifications.section(settings),
        "middleware": notifications.middleware(settings),
        "cdn_key": settings.cdn.signing_key,
    }


def _service(settings: Settings) -> Service:
    # Of an issuer that is not ours no token can be had here, and nothing is taken without one.
    unproven = settings.auth.external_token is not None or settings.only_mirror
    writes = not (unproven or settings.storage.readonly)
    status = 401 if token_trust(settings) else 200
    upstream = settings.upstream.url or ""
    folder = "registry" if upstream else ""
    return Service("registry", "/v2/", status, writes, POOLS, upstream, folder)


def _directories(settings: Settings, layout: Layout) -> tuple[Directory, ...]:
    run = Directory(f"{layout.run}/registry", 0o750, REGISTRY_USER, SOCKET_GROUP)
    images = storage_config.directory(settings)
    if not images:
        return (run,)
    if gated(settings):
        why = "The gate is in the group. The proxy, too, sees the disk read-only or not at all."
        return run, Directory(images, 0o770, REGISTRY_USER, SOCKET_GROUP, why)
    why = "Closed to the proxy, too: it reaches images through the registry alone."
    return run, Directory(images, 0o700, REGISTRY_USER, REGISTRY_USER, why)
