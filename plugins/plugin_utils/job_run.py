"""Start a job on a host, and wait for its end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import (
    event,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import (
    HostAction,
    HostError,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.events import Event
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.jobs import (
        JobOrder,
        JobState,
    )

SHORTEST_PAUSE, LONGEST_PAUSE = 0.3, 10.0


@dataclass(frozen=True)
class Ended:
    """A run of a job that left a record."""

    figures: Any
    begun: float
    seconds: float
    well: bool
    """True if the run found nothing wrong."""
    problem: str
    """Text for the user; empty if there is none."""

    def problems(self, phase: str, state: str) -> list[Event]:
        """Return the problem as an event; nothing if there is none."""
        return [event(phase, state, self.problem)] if self.problem else []


def planned(action: HostAction, name: str, text: str) -> dict[str, Any]:
    """Return the result of a job's task in check mode. Raises HostError if it could not run."""
    action.host("job-look", {"name": name, "everything": False})
    events = [event(name, "would change", text)]
    return {"changed": True, "holdfast": {"events": events, "facts": {}}}


def run_to_end(action: HostAction, name: str, *, everything: bool = False, then: str = "") -> Ended:
    """Return a run of a job that ends from now on. Raises HostError if it failed.

    `then` completes the advice after a failed run.
    """
    from holdfast.deploying import jobs  # noqa: PLC0415 -- slow to import

    state = run_job(action, name, everything=everything)
    result, problem = jobs.result(state)
    last = state["last"]
    if result == "failed" or last is None:
        todo = f"See: journalctl -u holdfast-{name}.service{then}"
        raise HostError(failure(name, [f"{problem}. {todo}"], "FAILED"))
    seconds = (last["ended"] or last["begun"]) - last["begun"]
    return Ended(last["figures"], last["begun"], seconds, result == "ok", problem)


def run_job(action: HostAction, name: str, *, everything: bool = False) -> JobState:
    """Return the state of a job after a run that ends from now on.

    A run that is under way is waited for. It goes on if the connection is lost.
    """
    order: JobOrder = {"name": name, "everything": everything}
    before: JobState = action.host("job-start", order)["answer"]
    pause = SHORTEST_PAUSE
    while True:
        time.sleep(pause)
        found: JobState = action.host("job-look", order)["answer"]
        if not found["running"]:
            break
        pause = min(pause * 1.5, LONGEST_PAUSE)
    old, new = before["last"], found["last"]
    if not before["running"] and new and old and new["begun"] == old["begun"]:
        found["last"] = None  # of an earlier run: this one has left no record
        found["unit"] = found["unit"] if found["unit"] != "success" else "exit-code"
    return found
