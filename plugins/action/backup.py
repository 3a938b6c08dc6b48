"""Make a backup of a host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.backup import messages
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import (
    event,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction
from ansible_collections.holdfast.registry.plugins.plugin_utils.job_run import run_job

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
        settings = self.desired().settings
        from holdfast.deploying import jobs  # noqa: PLC0415 -- slow to import

        if settings.backup.target is None:
            return failure("backup", [UNSET], "INPUT")
        if self._task.check_mode:
            self.host("job-look", {"name": "backup", "everything": False})
            planned = [event("backup", "would change", "a backup would be made")]
            return {"changed": True, "holdfast": {"events": planned, "facts": {}}}
        state = run_job(self, "backup")
        result, problem = jobs.result(state)
        last = state["last"]
        if result == "failed" or last is None:
            todo = "See: journalctl -u holdfast-backup.service"
            return failure("backup", [f"{problem}. {todo}"], "FAILED")
        figures: BackupFigures = last["figures"]
        seconds = (last["ended"] or last["begun"]) - last["begun"]
        events = [event("backup", "changed", f"{messages.saved(figures)}, in {seconds:.1f} s")]
        if problem:
            events.append(event("backup", "warning", problem))
        facts = {"backup": figures, "well": result == "ok"}
        return {"changed": True, "holdfast": {"events": events, "facts": facts}}
