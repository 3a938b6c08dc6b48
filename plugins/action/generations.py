"""List the generations of a host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.plugin_utils import tables
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.facts import (
        GenerationRow,
    )


class ActionModule(HostAction):
    """Return number, time, by, version, state and failure of each kept generation."""

    phase = "generations"

    def act(self) -> dict[str, Any]:
        """Return the generations, oldest first."""
        rows: list[GenerationRow] = self.host("generations")["answer"]
        first = "ansible-playbook holdfast.registry.deploy"
        lines = tables.generations(self.vars["inventory_hostname"], rows, first)
        return {"changed": False, "holdfast": {"lines": lines, "facts": {"generations": rows}}}
