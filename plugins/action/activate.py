"""Bring a host's generation and certificates to it, and let them serve."""

from __future__ import annotations

from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.activating import activate
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction


class ActionModule(HostAction):
    """Go over to a new generation, after all that it needs was brought."""

    phase = "generation"

    def act(self) -> dict[str, Any]:
        """Return the generation that serves, and what was done for it."""
        given = self._task.args
        binary = bool(given.get("binary"))
        told = activate(self, self.desired(), given.get("certificates"), binary=binary)
        return {"changed": True, "holdfast": told}
