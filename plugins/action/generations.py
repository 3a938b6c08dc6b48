"""List the generations of a host."""

from __future__ import annotations

from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction


class ActionModule(HostAction):
    """Return number, time, by, version, state and failure of each generation that is kept."""

    phase = "generations"

    def act(self) -> dict[str, Any]:
        """Return the generations, oldest first."""
        rows = self.host("generations")["answer"]
        return {"changed": False, "generations": rows, "holdfast": {"facts": {"generations": rows}}}
