"""List the generations of a host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.plugin_utils import tables
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.facts import (
        GenerationRow,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        CompareOrder,
    )


class ActionModule(HostAction):
    """Return number, time, by, reason, version, state and failure of each kept generation."""

    phase = "generations"

    def act(self) -> dict[str, Any]:
        """Return the generations, oldest first."""
        rows: list[GenerationRow] = self.host("generations")["answer"]
        first = "ansible-playbook holdfast.registry.deploy"
        pair = [int(one) for one in self._task.args.get("diff") or ()]
        order: CompareOrder = {"old": pair[0], "new": pair[1]} if pair else {"old": 0, "new": 0}
        found = self.host("generations-diff", order)["answer"] if pair else []
        rows = [row for row in rows if not pair or row["number"] in pair]
        lines = tables.generations(self.vars["inventory_hostname"], rows, first)
        facts = {"generations": rows, **({"differing": len(found)} if pair else {})}
        return {"changed": False, "diff": found, "holdfast": {"lines": lines, "facts": facts}}
