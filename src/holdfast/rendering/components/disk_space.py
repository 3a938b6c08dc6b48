"""Disk space of the images: a job that measures it and warns below a threshold."""

from __future__ import annotations

from holdfast.rendering import storage_config
from holdfast.rendering.component import Component, Job
from holdfast.rendering.layout import Layout
from holdfast.settings import Settings


def component(settings: Settings, _: Layout) -> Component:
    """Return the component; without images on the host it has no unit."""
    images = storage_config.directory(settings)
    job = Job("storage", "storage.disk_space", "*:0/5")
    return Component("disk_space", variables={"images": images}, jobs=(job,) if images else ())
