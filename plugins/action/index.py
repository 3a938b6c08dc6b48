"""Ask the index of a host's images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.plugin_utils import index_tables
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.index import (
        IndexAnswer,
        IndexOrder,
    )


class ActionModule(HostAction):
    """Return what the index has: all repositories, what a text finds, or what an image is."""

    phase = "index"

    def act(self) -> dict[str, Any]:
        """Return the answer as lines, and as facts."""
        args = self._task.args
        image = {key: str(args.get(key) or "") for key in ("repository", "tag", "digest")}
        text, most = str(args.get("text") or ""), int(args.get("most") or 20)
        given = {"text": text, "most": most, "pattern": str(args.get("pattern") or ""), **image}
        order: IndexOrder = {"question": str(args["question"]), "given": given}
        found: IndexAnswer = self.host("index", order)["answer"]
        lines = [*index_tables.warnings(found["state"]), *index_tables.lines(found)]
        return {"changed": False, "holdfast": {"lines": lines, "facts": {"index": found}}}
