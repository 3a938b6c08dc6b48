"""Start a job on a host, and wait for its end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.jobs import (
        JobOrder,
        JobState,
    )

SHORTEST_PAUSE, LONGEST_PAUSE = 0.3, 10.0


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
