"""Report the status of a host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import event
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.report import Status


class ActionModule(HostAction):
    """Return a host's generation, certificates, and the result of its last maintenance run."""

    phase = "status"

    def act(self) -> dict[str, Any]:
        """Return one event for each fact; `well` is true if all are ok. Changes nothing."""
        seen: Status = self.host("status")["answer"]
        desired = self.desired()
        from holdfast.deploying import status  # noqa: PLC0415 -- slow to import

        limit = self._task.args.get("warn_days")
        found = list(status.lines(desired.settings, seen, None if limit is None else int(limit)))
        found += self._issuer()
        phase = self._task.args.get("phase")
        found = [line for line in found if phase in (None, line[0])]
        report = {
            "events": [event(phase, state, text) for phase, state, text in found],
            "facts": {
                "well": all(state == "ok" for _, state, _ in found),
                "generation": seen["generation"],
                "certificates": seen["shown"],
                "time": seen["time"],
                **(
                    {}
                    if phase
                    else {"maintenance": seen["maintenance"], "mirrors": seen["mirrors"]}
                ),
            },
        }
        return {"changed": False, "holdfast": report}

    def _issuer(self) -> list[tuple[str, str, str]]:
        """Return one line about the keys of an external issuer, fetched by the controller."""
        from holdfast.jwks.watch import Watched, look  # noqa: PLC0415

        one = Watched.of(self.flat, self.inventory_directory)
        return [("issuer", *look(one))] if one else []
