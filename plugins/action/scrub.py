"""Prove the images of a host by their digests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import (
    event,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction
from ansible_collections.holdfast.registry.plugins.plugin_utils.job_run import run_job

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.scrub import (
        ScrubFigures,
    )


class ActionModule(HostAction):
    """Run a scrub, and wait for its end."""

    phase = "scrub"

    def act(self) -> dict[str, Any]:
        """Return the figures of the run; `well` is false if something is damaged."""
        desired = self.desired()
        from holdfast.deploying import jobs, scrub  # noqa: PLC0415 -- slow to import

        everything = boolean(self._task.args.get("everything") or False)
        if self._task.check_mode:
            self.host("job-look", {"name": "scrub", "everything": False})
            which = "all blobs" if everything else "the blobs that are due"
            events = [event("scrub", "would change", f"{which} would be proven")]
            return {"changed": True, "holdfast": {"events": events, "facts": {}}}
        state = run_job(self, "scrub", everything=everything)
        result, problem = jobs.result(state)
        last = state["last"]
        if result == "failed" or last is None:
            todo = "See: journalctl -u holdfast-scrub.service"
            return failure("scrub", [f"{problem}. {todo}"], "FAILED")
        figures: ScrubFigures = last["figures"]
        seconds = (last["ended"] or last["begun"]) - last["begun"]
        size = f"{figures['proven_bytes'] / 2**20:.1f} MiB"
        text = f"{figures['proven']} of {figures['blobs']} blobs proven, {size}, in {seconds:.1f} s"
        found = scrub.lines(figures, desired.settings.scrub.within, last["begun"])
        events = [event("scrub", "ok", text), *(event(*one) for one in found)]
        facts = {"scrub": figures, "well": result == "ok"}
        return {"changed": False, "holdfast": {"events": events, "facts": facts}}
