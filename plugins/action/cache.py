"""Empty the cache of a host."""

from __future__ import annotations

from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction, event


class ActionModule(HostAction):
    """Let a host's own cache forget everything; the registry goes on serving."""

    phase = "cache"

    def act(self) -> dict[str, Any]:
        """Return how many entries there were."""
        if self._task.check_mode:
            return _told("would change", "emptied", {})
        entries = self.host("flush")["answer"]
        return _told("changed", f"emptied, {entries} entries", {"entries": entries})


def _told(state: str, text: str, facts: dict[str, Any]) -> dict[str, Any]:
    told = {"events": [event("cache", state, text)], "facts": facts}
    return {"changed": True, "holdfast": told}
