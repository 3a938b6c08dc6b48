"""The services that a generation runs beside the proxy, and how each is asked if it is ready."""

from __future__ import annotations

from typing import Any

from holdfast.settings import Settings


def services(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return path, status and writes of each service by its name.

    A service NAME has the unit `systemd/holdfast-NAME@.service` and listens on
    `/run/holdfast/NAME/GENERATION.sock`. It is ready when a GET of `path` there gives `status`
    and, with `writes`, when it takes an upload.
    """
    del settings  # every registry has the one service so far
    return {"registry": {"path": "/v2/", "status": 200, "writes": True}}
