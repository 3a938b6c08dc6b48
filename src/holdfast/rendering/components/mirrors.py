"""Pull-through mirrors beside the registry: one process for each, with its own upstream."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.rendering import outbound
from holdfast.rendering.accounts import REGISTRY_USER, SOCKET_GROUP
from holdfast.rendering.component import Component, Directory, Process, Service, Source
from holdfast.rendering.layout import Layout
from holdfast.rendering.registry_binary import unit_variables
from holdfast.rendering.registry_process import environment, files, process
from holdfast.rendering.secrets import of_mirror
from holdfast.rendering.sites import site_of
from holdfast.settings import Settings
from holdfast.settings.sections.mirrors import Mirror


def component(settings: Settings, layout: Layout) -> Component | None:
    """Return the component of the mirrors; None if there are none."""
    mirrors = settings.mirrors
    if not mirrors:
        return None
    found = [_files(one, settings) for one in mirrors]
    none = {"trust": None, "confinement": None, "local_cache": None, "cache_port": 0}
    return Component(
        "mirrors",
        files={path: source for one in found for path, source in one},
        variables={**unit_variables(settings, layout), **none},
        services=tuple(_service(one) for one in mirrors),
        processes=tuple(_process(one, settings, layout) for one in mirrors),
        directories=tuple(one for mirror in mirrors for one in _directories(mirror, layout)),
    )


def _files(mirror: Mirror, settings: Settings) -> Iterator[tuple[str, Source]]:
    return files(
        "mirrors/config.yml",
        service=mirror.service,
        folder=mirror.folder,
        what=f"Mirror of {mirror.url}",
        directory=mirror.place,
        memory_mib=mirror.memory_mib,
        network=True,
        secrets=_secrets(mirror, settings),
        upstream=mirror,
        site=site_of(settings, mirror.service)[0],
    )


def _secrets(mirror: Mirror, settings: Settings) -> dict[str, str]:
    return {**of_mirror(mirror), **outbound.environment(settings)}


def _service(mirror: Mirror) -> Service:
    return Service(mirror.service, "/v2/", 200, upstream=mirror.url, folder=mirror.folder)


def _process(mirror: Mirror, settings: Settings, layout: Layout) -> Process:
    authorities = f"{layout.current}/{mirror.folder}/ca.pem" if settings.service.ca else None
    own = environment(mirror.memory_mib, _secrets(mirror, settings), authorities)
    return process(layout, mirror.service, mirror.folder, own)


def _directories(mirror: Mirror, layout: Layout) -> tuple[Directory, Directory]:
    run = Directory(f"{layout.run}/{mirror.service}", 0o750, REGISTRY_USER, SOCKET_GROUP)
    return run, Directory(mirror.place, 0o700, REGISTRY_USER, REGISTRY_USER)
