"""Take tags of a host's images away by rules or by name, and bring them back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.holdfast.registry.plugins.plugin_utils import retention_lines
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import event
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.retention import (
        RetentionOrder,
        RetentionPlan,
        Verb,
    )

READING = ("plan", "explain")


class ActionModule(HostAction):
    """Plan, apply, undo or explain a retention, or take one tag away."""

    phase = "retention"

    def act(self) -> dict[str, Any]:
        """Return what the verb found or did, and a line for each thing."""
        given = self._task.args
        verb: Verb = given.get("verb") or "plan"
        if self._task.check_mode and verb == "apply":
            verb = "plan"
        repository, _, tag = str(given.get("image") or "").partition(":")
        order: RetentionOrder = {
            "verb": verb,
            "repository": repository,
            "tag": tag,
            "plan": self._agreed(given.get("plan_file")) if verb == "apply" else None,
            "without_undo": boolean(given.get("without_undo") or False),
        }
        name = "retention-look" if verb in READING else "retention"
        result = self.host(name, order)
        if result.get("skipped"):
            return {"changed": True, "holdfast": {"events": [], "facts": {}}}
        found = result["answer"]
        lines = retention_lines.lines(verb, found, str(given.get("image") or ""))
        events = [event("retention", state, text) for state, text in lines]
        changed = any(state == "changed" for state, _ in lines)
        facts = {"retention": found}
        return {"changed": changed, "holdfast": {"events": events, "facts": facts}}

    def _agreed(self, path: str | None) -> RetentionPlan | None:
        """Return this host's part of a plan file. Raises InputError."""
        from holdfast.errors import InputError  # noqa: PLC0415 -- may be missing

        if not path:
            return None
        host = str(self.vars.get("inventory_hostname"))
        hint = "Make one: holdfast retention plan -o FILE"
        try:
            plans = json.loads(Path(path).read_text(encoding="utf-8"))["hosts"]
            known = [one for one in plans if one == host]
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise InputError(f"{path}: expected a plan, {problem}. {hint}") from problem
        if not known:
            raise InputError(f"{path}: expected a plan for {host}, found none. {hint}")
        plan: RetentionPlan = plans[host]
        return plan
