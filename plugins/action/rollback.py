"""Let an earlier generation serve again."""

from __future__ import annotations

from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction, event


class ActionModule(HostAction):
    """Go back to the generation before, or to the one that is named."""

    phase = "rollback"

    def act(self) -> dict[str, Any]:
        """Return the generation that serves."""
        wish = self.desired()
        user, number = wish.settings.probe_user, self._task.args.get("number")
        if self._task.check_mode:
            aim = f"to generation {number}" if number else "to the generation before"
            told = {"events": [event("rollback", "would change", f"back {aim}")]}
            return {"changed": True, "holdfast": told}
        order = {
            "number": int(number) if number else None,
            "probe": {**wish.probe, "username": user.name if user else None},
        }
        secrets = {"password": user.password.get_secret_value() if user else None}
        result = self.host("rollback", order, secrets)
        facts = {"generation": result["answer"], "url": wish.settings.url}
        return {"changed": True, "holdfast": {"events": result["events"], "facts": facts}}
