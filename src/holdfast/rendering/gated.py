"""Decide if manifests pass the gate."""

from __future__ import annotations

from holdfast.rendering import storage_config
from holdfast.settings import Settings


def gated(settings: Settings) -> str:
    """Return the directory of the images behind the gate; "" if there is no gate.

    A mirror writes its manifests itself, and images that are not on the host are out of reach.
    """
    return "" if settings.only_mirror else storage_config.directory(settings)
