"""Remove old snapshots by the settings, and the blobs that no other snapshot needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.backup.restic import (
    BLOBS,
    SNAPSHOTS,
    Restic,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import Snapshot

_LINKED = "blobs-"


def remove_old(restic: Restic, before: list[Snapshot]) -> int:
    """Remove what `keep` does not hold; return the number of removed snapshots.

    `before` has the snapshots before the last backup. Those of other hosts in the repository stay.
    Raises StepError, such as for a target to which the host can only add.
    """
    keep = restic.plan["keep"]
    if not keep:
        return 0
    host = ("--tag", SNAPSHOTS, "--host", restic.plan["host"], "--group-by", "host")
    limits = [word for kind, number in keep.items() for word in (f"--keep-{kind}", str(number))]
    groups = restic.json("forget", *host, *limits) or []
    needed = {blobs_of(one["tags"]) for group in groups for one in group["keep"] or ()}
    removed = sum(len(group["remove"] or ()) for group in groups)
    loose = [one["id"] for one in before if BLOBS in one["tags"] and one["id"][:8] not in needed]
    if loose:
        restic.run("forget", *loose)
    if loose or removed:
        restic.run("prune")
    return removed


def tag_of(blobs: str) -> str:
    """Return the tag by which a snapshot names that of its blobs."""
    return f"{_LINKED}{blobs[:8]}"


def blobs_of(tags: list[str]) -> str:
    """Return the first digits of the snapshot of blobs that the tags name; "" for none."""
    named = (one.removeprefix(_LINKED) for one in tags if one.startswith(_LINKED))
    return next(named, "")
