"""Empty the cache of a host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import event
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction
from ansible_collections.holdfast.registry.plugins.plugin_utils.proof import proof

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.cache import Flushed
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        SmokeOrder,
    )


class ActionModule(HostAction):
    """Remove all entries from the registry's cache; the registry continues to serve."""

    phase = "cache"

    def act(self) -> dict[str, Any]:
        """Return the mode of the cache, and the number of removed entries."""
        probe, secrets = proof(self, self.desired())
        order: SmokeOrder = {"probe": probe}
        done = self.host("flush", order, secrets)
        found: Flushed = done["answer"]
        state, text = _outcome(found, dry=self._task.check_mode)
        report = {"events": [*done.get("events", []), event("cache", state, text)], "facts": found}
        return {"changed": state != "ok", "holdfast": report}


def _outcome(found: Flushed, *, dry: bool) -> tuple[str, str]:
    """Return state and text of a flush, or of one that would be made."""
    mode, state = found["mode"], "would change" if dry else "changed"
    if mode == "memory":
        number = found["generation"]
        done = f"generation {number} would start again" if dry else f"generation {number} started"
        return state, f"emptied: it is in the memory of the registry's process, {done}"
    if mode not in ("local", "external"):
        return "ok", "there is none to empty"
    return state, f"{mode}, emptied" if dry else f"{mode}, emptied, {found['entries']} entries"
