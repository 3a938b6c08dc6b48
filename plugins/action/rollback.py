"""Activate an earlier generation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.confirm_access import confirm_access
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import event
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction
from ansible_collections.holdfast.registry.plugins.plugin_utils.proof import proof

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        RollbackOrder,
    )


class ActionModule(HostAction):
    """Activate the previous generation, or the one with the given number."""

    phase = "rollback"

    def act(self) -> dict[str, Any]:
        """Return the number of the serving generation."""
        desired, number = self.desired(), self._task.args.get("number")
        target, dry = int(number) if number else None, self._task.check_mode
        probe, secrets = proof(self, desired)
        on_trial = not dry and confirm_access(self, {"number": target})
        order: RollbackOrder = {"number": target, "probe": probe, "on_trial": on_trial}
        result = self.host("rollback", order, secrets)
        if dry:
            text = f"back to generation {result['answer']}"
            return {
                "changed": True,
                "holdfast": {"events": [event("rollback", "would change", text)]},
            }
        facts = {"generation": result["answer"], "url": desired.settings.url}
        return {"changed": True, "holdfast": {"events": result["events"], "facts": facts}}
