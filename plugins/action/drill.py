"""Prove the newest backup of a host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.action.backup import UNSET
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import (
    event,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction
from ansible_collections.holdfast.registry.plugins.plugin_utils.job_run import (
    planned,
    run_to_end,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        DrillFigures,
    )


class ActionModule(HostAction):
    """Run a drill, and wait for its end."""

    phase = "drill"

    def act(self) -> dict[str, Any]:
        """Return the figures of the run; `well` is false if something could not be proven."""
        if self.desired().settings.backup.target is None:
            return failure("drill", [UNSET], "INPUT")
        if self._task.check_mode:
            return planned(self, "drill", "the newest backup would be proven")
        run = run_to_end(self, "drill")
        figures: DrillFigures = run.figures
        size = f"{figures['blobs']} blobs, {figures['bytes'] / 2**20:.1f} MiB read"
        pulled = f", {figures['pulled']} pulled" if figures["pulled"] else ""
        text = f"{figures['manifests']} manifests proven, {size}{pulled}, in {run.seconds:.1f} s"
        events = [event("drill", "ok", text), *run.problems("drill", "failed")]
        facts = {"drill": figures, "well": run.well}
        return {"changed": False, "holdfast": {"events": events, "facts": facts}}
