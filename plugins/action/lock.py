"""Close a host to deploys, or open it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import (
    event,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import (
    HostAction,
    deployer,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import LockOrder


class ActionModule(HostAction):
    """Write or remove the note that closes a host to deploys."""

    phase = "lock"

    def act(self) -> dict[str, Any]:
        """Return the note; None if there is none."""
        given = self._task.args
        unlock, reason = boolean(given.get("unlock") or False), str(given.get("reason") or "")
        if not (unlock or reason.strip()):
            return failure("lock", ["reason: expected one line, got none. Give a reason"], "INPUT")
        if self._task.check_mode:
            text = "would be open to deploys" if unlock else "would be closed to deploys"
            return {"changed": True, "holdfast": {"events": [event("lock", "would change", text)]}}
        order: LockOrder = {"unlock": unlock, "reason": reason, "by": deployer()}
        done = self.host("lock", order)
        changed = any(one["state"] == "changed" for one in done["events"])
        report = {"events": done["events"], "facts": {"locked": done["answer"]}}
        return {"changed": changed, "holdfast": report}
