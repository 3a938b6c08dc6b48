"""Prove the newest backup of a host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.action.backup import UNSET
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import (
    event,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction
from ansible_collections.holdfast.registry.plugins.plugin_utils.job_run import run_job

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        DrillFigures,
    )


class ActionModule(HostAction):
    """Run a drill, and wait for its end."""

    phase = "drill"

    def act(self) -> dict[str, Any]:
        """Return the figures of the run; `well` is false if something could not be proven."""
        settings = self.desired().settings
        from holdfast.deploying import jobs  # noqa: PLC0415 -- slow to import

        if settings.backup.target is None:
            return failure("backup", [UNSET], "INPUT")
        if self._task.check_mode:
            self.host("job-look", {"name": "drill", "everything": False})
            planned = [event("drill", "would change", "the newest backup would be proven")]
            return {"changed": True, "holdfast": {"events": planned, "facts": {}}}
        state = run_job(self, "drill")
        result, problem = jobs.result(state)
        last = state["last"]
        if result == "failed" or last is None:
            todo = "See: journalctl -u holdfast-drill.service"
            return failure("drill", [f"{problem}. {todo}"], "FAILED")
        figures: DrillFigures = last["figures"]
        seconds = (last["ended"] or last["begun"]) - last["begun"]
        size = f"{figures['blobs']} blobs, {figures['bytes'] / 2**20:.1f} MiB read"
        pulled = f", {figures['pulled']} pulled" if figures["pulled"] else ""
        text = f"{figures['manifests']} manifests proven, {size}{pulled}, in {seconds:.1f} s"
        events = [event("drill", "ok", text)]
        if problem:
            events.append(event("drill", "failed", problem))
        facts = {"drill": figures, "well": result == "ok"}
        return {"changed": False, "holdfast": {"events": events, "facts": facts}}
