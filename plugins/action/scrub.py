"""Prove the images of a host by their digests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import event
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction
from ansible_collections.holdfast.registry.plugins.plugin_utils.job_run import (
    planned,
    run_to_end,
)

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
        from holdfast.deploying import scrub  # noqa: PLC0415 -- slow to import

        everything = boolean(self._task.args.get("everything") or False)
        if self._task.check_mode:
            which = "all blobs" if everything else "the blobs that are due"
            return planned(self, "scrub", f"{which} would be proven")
        run = run_to_end(self, "scrub", everything=everything)
        figures: ScrubFigures = run.figures
        size = f"{figures['proven_bytes'] / 2**20:.1f} MiB, in {run.seconds:.1f} s"
        text = f"{figures['proven']} of {figures['blobs']} blobs proven, {size}"
        found = scrub.lines(figures, desired.settings, run.begun)
        events = [event("scrub", "ok", text), *(event(*one) for one in found)]
        facts = {"scrub": figures, "well": run.well}
        return {"changed": False, "holdfast": {"events": events, "facts": facts}}
