"""Decide if manifests pass the gate."""

from __future__ import annotations

from holdfast.rendering import storage_config
from holdfast.settings import Settings


def gated(settings: Settings) -> str:
    """Return the directory of the images behind the gate; "" if there is none on the host.

    A mirror writes its manifests itself.
    """
    return "" if settings.only_mirror else storage_config.directory(settings)


def behind_gate(settings: Settings) -> bool:
    """Return True if manifests pass the gate: those of a directory, and of an S3 bucket."""
    storage = settings.storage
    return not settings.only_mirror and bool(storage.filesystem or storage.s3)
