"""Apply a plan through the gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate.control import Cycle

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import Taken
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.retention import (
        Applied,
        PlannedRepository,
        RetentionPlan,
    )

BATCH = 16
"""Tags or manifests that one exclusive section moves: a push waits for some milliseconds."""


@dataclass(frozen=True)
class _Taker:
    cycle: Cycle
    repository: str
    by: str
    for_ever: bool

    def take(self, tags: dict[str, str], manifests: list[str]) -> Taken:
        for_ever = self.for_ever
        return self.cycle.take(self.repository, tags, manifests, self.by, for_ever=for_ever)


def apply(
    cycle: Cycle,
    fresh: RetentionPlan,
    agreed: RetentionPlan | None,
    by: str,
    *,
    for_ever: bool = False,
) -> Applied:
    """Take away what a plan drops that was made after the cycle began.

    With another plan only what both drop goes; what only the other one drops is returned as
    changed. Tags go before manifests. `for_ever` also where the store has no trash.
    """
    done = nothing(for_ever=for_ever)
    wanted = {one["repository"]: one for one in agreed["repositories"]} if agreed else None
    for repository in fresh["repositories"]:
        name = repository["repository"]
        tags, manifests = drops(repository)
        if wanted is not None:
            before, also = drops(wanted.pop(name)) if name in wanted else ({}, [])
            done["changed"] += [f"{name}:{tag}" for tag in before if before[tag] != tags.get(tag)]
            tags = {tag: digest for tag, digest in tags.items() if before.get(tag) == digest}
            manifests = [one for one in manifests if one in also]
        if tags or manifests:
            _take(_Taker(cycle, name, by, for_ever), tags, manifests, done)
            done["bytes"] += repository["bytes"]
    for name, rest in (wanted or {}).items():
        done["changed"] += [f"{name}:{tag}" for tag in drops(rest)[0]]
    return done


def nothing(*, for_ever: bool = False) -> Applied:
    """Return the result of a run that took nothing away."""
    return {
        "tags": [],
        "manifests": [],
        "changed": [],
        "bytes": 0,
        "damaged": [],
        "for_ever": for_ever,
    }


def drops(repository: PlannedRepository) -> tuple[dict[str, str], list[str]]:
    """Return the tags with their digests, and the manifests, that a plan drops."""
    tags = {one["tag"]: one["digest"] for one in repository["tags"] if not one["keep"]}
    return tags, repository["manifests"]


def _take(taker: _Taker, tags: dict[str, str], manifests: list[str], done: Applied) -> None:
    names, repository, gone = list(tags), taker.repository, set[str]()
    for start in range(0, len(names), BATCH):
        some = {tag: tags[tag] for tag in names[start : start + BATCH]}
        gone.update(taker.take(some, [])["tags"])
    done["tags"] += [f"{repository}:{tag}" for tag in names if tag in gone]
    done["changed"] += [f"{repository}:{tag}" for tag in names if tag not in gone]
    # An image that somebody pushed meanwhile stays as it is, with all that hangs on it.
    if len(gone) < len(names):
        return
    for start in range(0, len(manifests), BATCH):
        found = taker.take({}, manifests[start : start + BATCH])
        done["manifests"] += [f"{repository}@{one}" for one in found["manifests"]]
