"""Save links, images and keys of a host, as a job: `python3 -m ...jobs.backup GENERATION`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.backup import keeping, saving
from ansible_collections.holdfast.registry.plugins.module_utils.backup.messages import problems
from ansible_collections.holdfast.registry.plugins.module_utils.backup.restic import (
    Restic,
    ResticError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import files
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import (
    Job,
    Outcome,
    gauge,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.metrics import Gauge

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        BackupFigures,
        BackupPlan,
    )

LOCK = "/run/holdfast-backup.lock"
"""Lock of its own: a deploy does not wait for a backup, which may take hours."""
SECONDS = 23 * 3600.0


def work(plan: BackupPlan, secrets: str, say: Callable[[str], None]) -> Outcome:
    """Return the outcome of one run. Raises StepError."""
    restic = Restic(plan, secrets)
    saves = saving.Saving(restic, say)
    figures = saves.run()
    found = problems(figures)
    try:
        figures["removed"] = keeping.remove_old(restic, saves.before)
    except ResticError as error:
        lines = " ".join(error.lines)
        found.append(
            f"old snapshots stay: {error.message} {lines}. Set registry_backup_keep: {{}} if the"
            " target removes nothing"
        )
    line = (
        f"saved {figures['tags']} tags, {figures['manifests']} manifests, {figures['blobs']} blobs;"
        f" {figures['added']} bytes are new"
    )
    return Outcome(figures, (line,), tuple(found), tuple(gauges(figures)))


def job_of(plan: BackupPlan) -> Job:
    """Return the job, with the places of its results."""
    return Job("backup", plan["metrics"], plan["records"])


def gauges(figures: BackupFigures) -> Iterator[Gauge]:
    """Yield the metrics of a backup."""
    yield gauge("backup_tags", "Tags in the last backup.", figures["tags"])
    yield gauge("backup_blobs", "Blobs in the last backup.", figures["blobs"])
    yield gauge("backup_bytes", "Bytes of the blobs in the last backup.", figures["bytes"])
    yield gauge("backup_added_bytes", "Bytes that the last backup sent.", figures["added"])
    text = "Manifests that lack a blob on the host, and are in no new backup."
    yield gauge("backup_broken_manifests", text, len(figures["broken"]))


def main(generation: str) -> int:
    """Run once; return 1 if it failed or found a broken image."""
    plan: BackupPlan = files.read_json(os.path.join(generation, "agent", "backup.json"))
    secrets = os.path.join(os.path.realpath(generation), "backup")
    return job_of(plan).main(lambda: work(plan, secrets, print), seconds=SECONDS, lock=LOCK)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
