"""All components in the order of rendering; a new one is a new row here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from holdfast.rendering.component import Component, Unit
from holdfast.rendering.components import (
    backup,
    cache,
    certificates,
    disk_space,
    facts,
    gate,
    gc,
    hardening,
    host,
    index,
    issuer,
    logins,
    mirrors,
    proxy,
    registry,
    retention,
    scrub,
)
from holdfast.rendering.layout import HOST, Layout
from holdfast.settings.model import Settings

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import (
        ServiceExpected,
    )

COMPONENTS: list[Callable[[Settings, Layout], Component | None]] = [
    registry.component,
    mirrors.component,
    proxy.component,
    logins.component,
    certificates.component,
    issuer.component,
    cache.component,
    gate.component,
    gc.component,
    retention.component,
    scrub.component,
    backup.component,
    disk_space.component,
    index.component,
    hardening.component,
]
"""Functions that return a component, or None if the settings do not use it."""


def components(settings: Settings, layout: Layout = HOST) -> list[Component]:
    """Return the components of a host with these settings; the last two combine the others."""
    found = [one for make in COMPONENTS if (one := make(settings, layout)) is not None]
    measured = facts.component(settings, layout, found)
    if measured is not None:
        found.append(measured)
    return [*found, host.component(settings, layout, found)]


def units(settings: Settings) -> list[Unit]:
    """Return the units that run once on a host, including those of jobs."""
    return [unit for one in components(settings) for unit in one.all_units]


def ports(settings: Settings) -> list[int]:
    """Return the TCP ports on which the host listens."""
    return [port for one in components(settings) for port in one.ports]


def services(settings: Settings) -> dict[str, ServiceExpected]:
    """Return the readiness parameters of each service of a generation, by name."""
    found = components(settings)
    return {service.name: service.readiness for one in found for service in one.services}
