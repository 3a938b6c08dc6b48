"""Prove the newest backup of a host, as a job: `python3 -m ...jobs.drill GENERATION`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.backup import target
from ansible_collections.holdfast.registry.plugins.module_utils.backup.drilling import Drill
from ansible_collections.holdfast.registry.plugins.module_utils.backup.restic import Restic
from ansible_collections.holdfast.registry.plugins.module_utils.jobs.backup import LOCK
from ansible_collections.holdfast.registry.plugins.module_utils.system import files
from ansible_collections.holdfast.registry.plugins.module_utils.system import metrics as prometheus
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import (
    Job,
    Outcome,
    gauge,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        BackupPlan,
        DrillFigures,
    )

SECONDS = 23 * 3600.0


def work(plan: BackupPlan, secrets: str, say: Callable[[str], None]) -> Outcome:
    """Return the outcome of one run. Raises StepError."""
    begun = time.time()
    restic = Restic(plan, secrets)
    target.unlock(restic)
    last = job_of(plan).last
    before: DrillFigures | None = last["figures"] if last else None
    drill = Drill(restic, before["turn"] + 1 if before else 0, say)
    figures = drill.run()
    if not drill.problems:
        prometheus.write(os.path.join(plan["metrics"], prometheus.PROVEN), [proven(begun)])
    line = f"{figures['manifests']} manifests, {figures['blobs']} blobs, pulled {figures['pulled']}"
    return Outcome(figures, (line,), tuple(drill.problems), (restored(figures["bytes"]),))


def proven(begun: float) -> prometheus.Gauge:
    """Return the metric of a drill without a problem."""
    text = "Time of the last drill that restored from the newest backup without a problem."
    return gauge("backup_proven_timestamp_seconds", text, begun)


def restored(size: int) -> prometheus.Gauge:
    """Return the metric of every drill."""
    return gauge("drill_bytes", "Bytes that the last drill restored.", size)


def job_of(plan: BackupPlan) -> Job:
    """Return the job, with the places of its results."""
    return Job("drill", plan["metrics"], plan["records"])


def main(generation: str) -> int:
    """Run once; return 1 if it failed or something could not be proven."""
    plan: BackupPlan = files.read_json(os.path.join(generation, "agent", "backup.json"))
    secrets = os.path.join(os.path.realpath(generation), "backup")
    return job_of(plan).main(lambda: work(plan, secrets, print), seconds=SECONDS, lock=LOCK)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
