"""Show logs of a host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import event
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction
from ansible_collections.holdfast.registry.plugins.plugin_utils.lines import LOG

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import LogsOrder
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.report import LogLines


class ActionModule(HostAction):
    """Return lines of a log, as one event each; a repeated task returns those that are new."""

    phase = "logs"
    _cursor = ""

    def act(self) -> dict[str, Any]:
        """Return the last lines, or those after the ones of the task's last run."""
        given = self._task.args
        order: LogsOrder = {
            "what": str(given.get("what") or "units"),
            "unit": str(given.get("unit") or ""),
            "lines": int(given.get("lines") or 100),
            "cursor": self._cursor,
        }
        found: LogLines = self.host("logs", order)["answer"]
        self._cursor = found["cursor"]
        events = [event(LOG, "ok", line) for line in found["lines"]]
        done = not boolean(given.get("follow") or False)
        return {"changed": False, "done": done, "holdfast": {"events": events}}
