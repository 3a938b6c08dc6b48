"""The host's own cache of blob descriptors: Valkey or Redis in a unit that outlives generations."""

from __future__ import annotations

from holdfast.rendering import storage_config
from holdfast.rendering.accounts import CACHE_USER
from holdfast.rendering.component import Account, Component, Directory, Source, Unit
from holdfast.rendering.layout import Layout
from holdfast.rendering.network import leaves_host
from holdfast.settings import Settings


def component(settings: Settings, layout: Layout) -> Component | None:
    """Return the component of the host's own cache; None in other modes."""
    local = settings.cache.local
    if local is None:
        return None
    server = settings.os.cache_server
    return Component(
        "cache",
        files={
            "cache/cache.conf": Source(0o440, CACHE_USER),
            "cache/users.acl": Source(),
            "systemd/holdfast-cache.service": Source(),
        },
        variables={
            "local_cache": local,
            "cache_port": local.port_for(settings.version),
            "cache_server": server,
            "images": storage_config.directory(settings),
            "network": leaves_host(settings),
        },
        units=(Unit("holdfast-cache.service", started=True, active=True),),
        accounts=(Account(CACHE_USER, "Container registry's cache"),),
        directories=(
            Directory(layout.cache_run, 0o750, CACHE_USER, CACHE_USER),
            Directory(layout.cache_state, 0o750, "root", CACHE_USER),
        ),
        packages=(server,),
    )
