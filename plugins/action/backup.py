"""Make a backup of a host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.backup import messages
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
        BackupFigures,
    )

UNSET = (
    "registry_backup_target: expected a repository, got none. Set it and registry_backup_password,"
    " then run: holdfast deploy"
)


class ActionModule(HostAction):
    """Run a backup, and wait for its end."""

    phase = "backup"

    def act(self) -> dict[str, Any]:
        """Return the figures of the run; `well` is false if an image could not be saved."""
        if self.desired().settings.backup.target is None:
            return failure("backup", [UNSET], "INPUT")
        if self._task.check_mode:
            return planned(self, "backup", "a backup would be made")
        run = run_to_end(self, "backup")
        figures: BackupFigures = run.figures
        text = f"{messages.saved(figures)}, in {run.seconds:.1f} s"
        events = [event("backup", "changed", text), *run.problems("backup", "warning")]
        facts = {"backup": figures, "well": run.well}
        return {"changed": True, "holdfast": {"events": events, "facts": facts}}
