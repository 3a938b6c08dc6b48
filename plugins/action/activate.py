"""Stage a host's generation and certificates, and activate them."""

from __future__ import annotations

from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.activate import activate
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction


class ActionModule(HostAction):
    """Activate a new generation, after its packages, binary and certificates are on the host."""

    phase = "generation"

    def act(self) -> dict[str, Any]:
        """Return the number of the serving generation and the events of the deploy."""
        given = self._task.args
        binary = bool(given.get("binary"))
        result = activate(self, self.desired(), given.get("certificates"), binary=binary)
        return {"changed": True, "holdfast": result}
