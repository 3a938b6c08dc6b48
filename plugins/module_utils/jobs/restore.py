"""Restore images of a host, as a job: `python3 -m ...jobs.restore GENERATION`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.backup import choosing, target
from ansible_collections.holdfast.registry.plugins.module_utils.backup.messages import not_restored
from ansible_collections.holdfast.registry.plugins.module_utils.backup.restic import Restic
from ansible_collections.holdfast.registry.plugins.module_utils.backup.restoring import Restoring
from ansible_collections.holdfast.registry.plugins.module_utils.gate import listing
from ansible_collections.holdfast.registry.plugins.module_utils.gate.control import explained
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.storage.preflight import SMOKE
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, paths
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import Job, Outcome
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        BackupPlan,
        RestoreLook,
        RestoreOrder,
    )

ORDER = "restore.json"
"""File with the order; it stays until the restore has ended, so that the next run goes on."""
SECONDS = 23 * 3600.0
CURRENT = f"{paths.ETC}/current"


def look(order: RestoreOrder, generation: str = CURRENT) -> RestoreLook:
    """Return the state of the host. Raises StepError if its images are in the way.

    Also if the snapshot is not there.
    """
    if not os.path.exists(generation):
        return {"deployed": False}
    plan = _plan(generation)
    if plan["images"] and order["snapshot"]:
        choosing.snapshot(_restic(plan, generation), order["snapshot"])
    before = _pending(plan)
    # A restore of a part that was cut says nothing about the other images.
    goes_on = before is not None and not before["only"]
    if plan["images"] and not order["only"] and not goes_on:
        _refuse_others(plan)
    return {"deployed": True}


def request(order: RestoreOrder, generation: str = CURRENT) -> None:
    """Note what the job is to restore. Raises StepError if images are in the way.

    A run that goes on takes the same snapshot, even if there is a newer one then.
    """
    look(order, generation)
    plan = _plan(generation)
    before = _pending(plan)
    if before and not order["snapshot"] and before["only"] == order["only"]:
        order = {**order, "snapshot": before["snapshot"]}
    if plan["images"]:
        chosen = choosing.snapshot(_restic(plan, generation), order["snapshot"])
        order = {**order, "snapshot": chosen["id"]}
    files.replace(os.path.join(plan["work"], ORDER), json.dumps(order).encode(), 0o600)


def work(plan: BackupPlan, secrets: str, say: Callable[[str], None]) -> Outcome:
    """Return the outcome of one run. Raises StepError."""
    order = _pending(plan)
    if order is None:
        raise StepError("restore: expected an order, found none. Run: holdfast restore")
    if not plan["images"]:
        raise StepError(f"{plan['elsewhere']}: no backup has these images. See docs/backup.md")
    restic = Restic(plan, secrets)
    target.unlock(restic)
    chosen = choosing.snapshot(restic, order["snapshot"])
    with explained("restore"):
        figures = Restoring(restic, say).run(chosen, order["only"])
    files.remove(os.path.join(plan["work"], ORDER))
    problems = [not_restored(one) for one in figures["missing"]]
    line = f"{figures['tags']} tags, {figures['manifests']} manifests, {figures['blobs']} blobs"
    kept = [f"{one}: names another image here, and stays" for one in figures["kept"]]
    return Outcome(figures, (f"restored {line}", *kept), tuple(problems))


def job_of(plan: BackupPlan) -> Job:
    """Return the job, with the places of its results."""
    return Job("restore", plan["metrics"], plan["records"])


def _restic(plan: BackupPlan, generation: str) -> Restic:
    return Restic(plan, os.path.join(os.path.realpath(generation), "backup"))


def _pending(plan: BackupPlan) -> RestoreOrder | None:
    found: RestoreOrder | None = files.read_json(os.path.join(plan["work"], ORDER))
    return found


def _refuse_others(plan: BackupPlan) -> None:
    store = Directory(plan["images"])
    names = (name for name, _ in listing.repositories(store.root))
    other = next((name for name in names if name.partition("/")[0] not in SMOKE), None)
    if other:
        raise StepError(
            f"{plan['images']}: expected no images, found {other}. Restore a part of the backup"
            " with --only REPOSITORY[:TAG], or everything onto an empty host"
        )


def _plan(generation: str) -> BackupPlan:
    found: BackupPlan | None = files.read_json(os.path.join(generation, "agent", "backup.json"))
    if found is None:
        raise StepError(
            "restore: expected a deployed registry_backup_target, found none. Run: holdfast deploy"
        )
    return found


def main(generation: str) -> int:
    """Run once; return 1 if it failed or a manifest could not be restored."""
    plan = _plan(generation)
    secrets = os.path.join(os.path.realpath(generation), "backup")
    return job_of(plan).main(lambda: work(plan, secrets, print), seconds=SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
