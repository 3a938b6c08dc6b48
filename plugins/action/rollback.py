"""Let an earlier generation serve again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.guarded import guarded
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction, event


class ActionModule(HostAction):
    """Go back to the generation before, or to the one that is named."""

    phase = "rollback"

    def act(self) -> dict[str, Any]:
        """Return the generation that serves."""
        wish, number = self.desired(), self._task.args.get("number")
        if self._task.check_mode:
            aim = f"generation {number}" if number else "the generation before"
            told = {"events": [event("rollback", "would change", f"back to {aim}")]}
            return {"changed": True, "holdfast": told}
        probe, password = self.probe_of(wish)
        order = {"number": int(number) if number else None, "probe": probe}
        from holdfast.certificates import probe_pair  # noqa: PLC0415 -- slow to import

        pair = probe_pair(wish.settings, self.inventory_directory, datetime.now(UTC))
        lines = wish.contents(sensitive=True).get("logins/htpasswd", "").splitlines()
        own = [line for line in lines if line.startswith(f"{probe['username']}:")]
        secrets = {"password": password, "client_pair": pair, "login_line": "".join(own)}
        order["attempted"] = guarded(self, {"number": order["number"]})
        result = self.host("rollback", order, secrets)
        facts = {"generation": result["answer"], "url": wish.settings.url}
        return {"changed": True, "holdfast": {"events": result["events"], "facts": facts}}
