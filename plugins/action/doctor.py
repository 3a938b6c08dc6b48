"""Tell what is wrong with a host, and what to do."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction


class ActionModule(HostAction):
    """Return findings on a host, and what its registry trusts; nothing is changed."""

    phase = "doctor"

    def act(self) -> dict[str, Any]:
        """Return the findings as facts: the command line makes a table of them."""
        wish, before = self.desired(), time.time()
        from holdfast.deploying import clock_offset  # noqa: PLC0415 -- slow to import
        from holdfast.doctor.finding import Finding  # noqa: PLC0415
        from holdfast.doctor.host import findings  # noqa: PLC0415
        from holdfast.trust.watch import Watched, look  # noqa: PLC0415

        seen = self.host("doctor")["answer"]
        offset = clock_offset(seen["time"], before, time.time())
        found = list(findings(wish.settings, seen, offset))
        watched = Watched.of(self.flat, self.inventory_directory)
        if watched:
            state, text = look(watched)
            found.append(Finding("issuer", state, text))
        facts = {
            "findings": [one.as_dict() for one in found],
            "trust": seen["trust"],
            "version": seen["version"],
            "time": seen["time"],
            "offset": offset,
            "well": all(one.state == "ok" for one in found),
        }
        return {"changed": False, "holdfast": {"events": [], "facts": facts}}
