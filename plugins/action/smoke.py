"""Test the registry that serves, as a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import event
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction
from ansible_collections.holdfast.registry.plugins.plugin_utils.proof import proof

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        SmokeOrder,
    )


class ActionModule(HostAction):
    """Log in, push, pull and be refused, as the last step of a deploy does."""

    phase = "smoke"

    def act(self) -> dict[str, Any]:
        """Return the generation that was tested."""
        probe, secrets = proof(self, self.desired())
        if self._task.check_mode:
            events = [event("smoke", "ok", "a login, a push and a pull would be tried")]
            return {"changed": False, "holdfast": {"events": events}}
        order: SmokeOrder = {"probe": probe}
        result = self.host("smoke", order, secrets)
        facts = {"generation": result["answer"]}
        return {"changed": False, "holdfast": {"events": result["events"], "facts": facts}}
