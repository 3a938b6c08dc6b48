"""Bring damaged blobs of a host back from a backup: `python3 -m ...jobs.heal GENERATION`.

It runs after each scrub, which says what is damaged in its own record.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.backup import target
from ansible_collections.holdfast.registry.plugins.module_utils.backup.healing import Healing
from ansible_collections.holdfast.registry.plugins.module_utils.backup.restic import Restic
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.jobs import backup
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.messages import sentence
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.missing import (
    damaged_before,
    missing,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, jobs, paths
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import Job, Outcome

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        BackupPlan,
        HealFigures,
    )

LOCKS = (backup.LOCK, paths.LOCK)
"""A backup or drill uses the repository, a restore writes the same blobs: one at a time."""
SECONDS = 23 * 3600.0


def work(
    plan: BackupPlan, secrets: str, say: Callable[[str], None], locks: Sequence[str] = LOCKS
) -> Outcome:
    """Return the outcome of one run. Raises StepError."""
    # Most nights nothing is damaged, and nobody has to wait.
    if not _wanted(plan):
        return _outcome(plan, {"healed": {}, "bytes": 0, "lost": {}})
    with ExitStack() as held:
        for path in locks:
            held.enter_context(files.locked(path))
        wanted = _wanted(plan)  # a push or a restore may have been faster
        restic = Restic(plan, secrets)
        if wanted:
            target.unlock(restic)
            return _outcome(plan, Healing(restic, say).run(wanted))
    return _outcome(plan, {"healed": {}, "bytes": 0, "lost": {}})


def job_of(plan: BackupPlan) -> Job:
    """Return the job, with the places of its results."""
    return Job("heal", plan["metrics"], plan["records"])


def _wanted(plan: BackupPlan) -> set[str]:
    return missing(Directory(plan["images"]), jobs.last("scrub", plan["records"]))


def _outcome(plan: BackupPlan, figures: HealFigures) -> Outcome:
    lines = [f"{one} is healed, from {when[:16]}" for one, when in figures["healed"].items()]
    problems = [
        sentence({**one, "lost": figures["lost"][one["digest"]]})
        for one in damaged_before(jobs.last("scrub", plan["records"]))
        if one["images"] and one["digest"] in figures["lost"]
    ]
    healed = jobs.gauge(
        "heal_blobs", "Damaged blobs that the last run brought back.", len(figures["healed"])
    )
    lost = jobs.gauge(
        "heal_lost_blobs", "Damaged blobs without a good copy in a backup.", len(figures["lost"])
    )
    return Outcome(figures, tuple(lines), tuple(problems), (healed, lost))


def main(generation: str) -> int:
    """Run once; return 1 if it failed or no backup has a blob."""
    plan: BackupPlan = files.read_json(os.path.join(generation, "agent", "backup.json"))
    secrets = os.path.join(os.path.realpath(generation), "backup")
    # The locks are taken when there is something to heal.
    return job_of(plan).main(lambda: work(plan, secrets, print), seconds=SECONDS, lock=None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
