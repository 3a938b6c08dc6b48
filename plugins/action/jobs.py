"""List the jobs of a host, or run one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import (
    event,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction
from ansible_collections.holdfast.registry.plugins.plugin_utils.job_run import run_job

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.jobs import JobState


class ActionModule(HostAction):
    """Return the state of each job, or that of one after a run."""

    phase = "jobs"

    def act(self) -> dict[str, Any]:
        """Return lines for a table without a name; with one, the result of the run."""
        from holdfast.deploying import jobs  # noqa: PLC0415 -- may be missing

        name = str(self._task.args.get("name") or "")
        if not name:
            found: list[JobState] = self.host("jobs")["answer"]
            first = "ansible-playbook holdfast.registry.deploy"
            lines = jobs.table(self.vars["inventory_hostname"], found, first)
            return {"changed": False, "holdfast": {"lines": lines, "facts": {"jobs": found}}}
        if self._task.check_mode:
            self.host("job-look", {"name": name, "everything": False})
            planned = [event("jobs", "would change", f"{name} would run")]
            return {"changed": True, "holdfast": {"events": planned, "facts": {}}}
        return self._ran(run_job(self, name))

    def _ran(self, state: JobState) -> dict[str, Any]:
        from holdfast.deploying import jobs  # noqa: PLC0415 -- may be missing

        name = state["name"]
        result, problem = jobs.result(state)
        if result == "failed":
            todo = f"See: journalctl -u holdfast-{name}.service"
            return failure("jobs", [f"{name}: {problem}. {todo}"], "FAILED")
        last = state["last"]
        seconds = (last["ended"] or last["begun"]) - last["begun"] if last else 0.0
        text = f"{name}: {problem}" if problem else f"{name}: done in {seconds:.1f} s"
        events = [event("jobs", "warning" if problem else "changed", text)]
        facts = {"jobs": [state], "well": result == "ok"}
        return {"changed": True, "holdfast": {"events": events, "facts": facts}}
