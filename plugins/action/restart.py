"""Restart the services of a host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import event
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import (
    HostAction,
    deployer,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.proof import proof

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        RestartOrder,
    )


class ActionModule(HostAction):
    """Activate the files that serve once more, with new processes."""

    phase = "restart"

    def act(self) -> dict[str, Any]:
        """Return the number of the new generation."""
        desired = self.desired()
        probe, secrets = proof(self, desired)
        order: RestartOrder = {"probe": probe, "by": deployer()}
        result = self.host("restart", order, secrets)
        if self._task.check_mode:
            text = f"generation {result['answer']} would start again"
            events = [event("restart", "would change", text)]
            return {"changed": True, "holdfast": {"events": events}}
        facts = {"generation": result["answer"], "url": desired.settings.url}
        return {"changed": True, "holdfast": {"events": result["events"], "facts": facts}}
