"""Decide if the registry needs a network; without need its unit has none."""

from __future__ import annotations

from holdfast.settings import Settings


def leaves_host(settings: Settings) -> bool:
    """Tell whether the registry connects to anything but its own socket and its disk."""
    asks = not settings.storage.on_host or settings.cache.asks_others
    return asks or bool(settings.notifications.endpoints) or settings.only_mirror
