"""Tell how a host is."""

from __future__ import annotations

from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction, event


class ActionModule(HostAction):
    """Return what a host says of itself: its generation, its certificates, what its timer found."""

    phase = "status"

    def act(self) -> dict[str, Any]:
        """Return a line for each fact, and whether all is well; nothing is changed."""
        wish, seen = self.desired(), self.host("status")["answer"]
        from holdfast.deploying import status  # noqa: PLC0415 -- slow to import

        limit = self._task.args.get("warn_days")
        found = list(status.lines(wish.settings, seen, None if limit is None else int(limit)))
        found += self._issuer()
        told = {
            "events": [event(phase, state, text) for phase, state, text in found],
            "facts": {
                "well": all(state == "ok" for _, state, _ in found),
                "generation": seen["generation"],
                "certificates": seen["shown"],
                "time": seen["time"],
                "upkeep": seen["upkeep"],
                "mirrors": seen["mirrors"],
            },
        }
        return {"changed": False, "holdfast": told}

    def _issuer(self) -> list[tuple[str, str, str]]:
        """Return a line on the keys of an issuer that is not ours, asked from here."""
        from holdfast.trust.watch import Watched, look  # noqa: PLC0415

        one = Watched.of(self.flat, self.inventory_directory)
        return [("issuer", *look(one))] if one else []
