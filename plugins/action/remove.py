"""Remove a registry from a host, with everything that deploys brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import (
    event,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.removal import (
        RemovalOrder,
        Removed,
    )


class ActionModule(HostAction):
    """Remove what the manifests of a host's generations name; no setting is needed."""

    phase = "remove"

    def act(self) -> dict[str, Any]:
        """Return texts about what is gone, and about what stays."""
        given, check = self._task.args, self._task.check_mode
        if not (check or boolean(given.get("confirmed") or False)):
            text = "confirmed: expected true, for this removes a registry, got false. Set"
            text += " holdfast_confirmed: true"
            return failure(self.phase, [text], "INPUT")
        words = given.get("also") or []
        also = words.split(",") if isinstance(words, str) else words
        order: RemovalOrder = {"also": [one for word in also if (one := str(word).strip())]}
        result = self.host("remove", order)
        found: Removed = result["answer"]
        state = "would change" if check else "changed"
        events = [*result.get("events", [])]
        events += [event(self.phase, state, text) for text in found["gone"]]
        if not found["gone"]:
            events.append(event(self.phase, "ok", "nothing to remove"))
        events += [event("kept", "ok", text) for text in found["stays"]]
        report = {"events": events, "facts": {"gone": found["gone"], "stays": found["stays"]}}
        return {"changed": bool(found["gone"]), "holdfast": report}
