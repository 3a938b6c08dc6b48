"""Choose a snapshot, and what of it is restored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.backup import links_file
from ansible_collections.holdfast.registry.plugins.module_utils.backup.listing import Listed
from ansible_collections.holdfast.registry.plugins.module_utils.backup.restic import (
    SNAPSHOTS,
    Restic,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import Snapshot

MOST_SHOWN = 20


def snapshot(restic: Restic, wanted: str) -> Snapshot:
    """Return the newest snapshot, or the one with these first digits. Raises StepError."""
    found = [one for one in restic.snapshots() if SNAPSHOTS in one["tags"]]
    if not found:
        plan = restic.plan
        raise StepError(
            f"{plan['target']}: expected a backup of {plan['host']}, found none."
            " Look at registry_backup_target and registry_hostname, the name of its backups"
        )
    if not wanted:
        return found[-1]
    named = [one for one in found if one["id"].startswith(wanted)]
    if len(named) != 1:
        shown = [f"{one['id'][:8]} of {one['time'][:16]}" for one in found[-MOST_SHOWN:]]
        raise StepError(
            f"--snapshot: expected one of the snapshots below, got {wanted}. Choose one",
            shown,
            wrong_input=True,
        )
    return named[0]


def links(restic: Restic, chosen: Snapshot) -> tuple[Listed, str]:
    """Return the list of a snapshot, and the snapshot with its blobs."""
    path = f"{restic.plan['work']}/{links_file.NAME}"
    with restic.reading("dump", chosen["id"], path) as stream:
        return links_file.read(stream)


def only(found: Listed, wanted: str) -> Listed:
    """Return one repository or tag of a list, with what hangs on it. Raises StepError.

    With a tag come the manifests of its index, and tags that are named after its digest, such as
    those of signatures.
    """
    if not wanted:
        return found
    repository, _, tag = wanted.partition(":")
    tags = [one for one in found.tags if one["repository"] == repository]
    if tag:
        digest = next((one["digest"] for one in tags if one["tag"] == tag), "")
        attached = re.compile(re.escape(digest.replace(":", "-")) + r"(?:\..+)?")
        tags = [one for one in tags if one["tag"] == tag or attached.fullmatch(one["tag"])]
    needed = {one for item in tags for one in found.needed(item["digest"])}
    manifests = [
        one
        for one in found.manifests
        if one["repository"] == repository and (not tag or one["digest"] in needed)
    ]
    if not manifests or (tag and not tags):
        raise StepError(
            f"--only: expected a repository or tag of the backup, got {wanted}. Choose another"
            " snapshot: --snapshot",
            wrong_input=True,
        )
    return Listed(tags, manifests, found.contents)
