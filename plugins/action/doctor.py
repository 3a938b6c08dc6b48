"""Report what is wrong with a host, and how to correct it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.plugin_utils import tables
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.report import Doctor


class ActionModule(HostAction):
    """Return findings about a host, and the keys that its registry trusts; changes nothing."""

    phase = "doctor"

    def act(self) -> dict[str, Any]:
        """Return the findings as facts, from which the command line makes a table."""
        desired, before = self.desired(), time.time()
        from holdfast.deploying import clock_offset  # noqa: PLC0415 -- slow to import
        from holdfast.doctor.finding import Finding  # noqa: PLC0415
        from holdfast.doctor.host import findings  # noqa: PLC0415
        from holdfast.jwks.watch import Watched, look  # noqa: PLC0415

        seen: Doctor = self.host("doctor")["answer"]
        offset = clock_offset(seen["time"], before, time.time())
        found = list(findings(desired.settings, seen, offset))
        watched = Watched.of(self.flat, self.inventory_directory)
        if watched:
            state, text = look(watched)
            found.append(Finding("issuer", state, text))
        found_rows = [one.as_dict() for one in found]
        facts = {
            "findings": found_rows,
            "trust": seen["trust"],
            "version": seen["version"],
            "time": seen["time"],
            "offset": offset,
            "well": all(one.state == "ok" for one in found),
        }
        rows = tables.finding_rows({self.vars["inventory_hostname"]: found_rows})
        lines = [*tables.findings(rows), tables.total(rows, 1)]
        return {"changed": False, "holdfast": {"events": [], "lines": lines, "facts": facts}}
