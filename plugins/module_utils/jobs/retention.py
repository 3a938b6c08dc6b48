"""Apply the retention of a host's images: as a verb, or as a job, `-m ...jobs.retention GEN`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.gate import listing, plans, pushes
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.control import (
    Cycle,
    explained,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.retention import applying
from ansible_collections.holdfast.registry.plugins.module_utils.retention.planning import (
    ClockError,
    Planning,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import paths
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import (
    Job,
    Outcome,
    gauge,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.metrics import Gauge
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.retention import (
        Explained,
        RetentionConfig,
        RetentionOrder,
        RetentionPlan,
        Untagged,
    )

SECONDS = 23 * 3600.0
"""Longest run: the next one begins a day after."""


def work(order: RetentionOrder, generation: str = f"{paths.ETC}/current") -> Any:
    """Return what a verb did, or would do. Raises StepError."""
    config = config_of(generation)
    verbs = {"plan": _plan, "explain": _explain, "apply": _apply, "undo": _undo, "untag": _untag}
    with explained("retention"):
        return verbs[order["verb"]](config, order)


def config_of(generation: str) -> RetentionConfig:
    """Return the configuration of a generation. Raises StepError if its images pass no gate."""
    found: RetentionConfig = plans.of(generation, "agent/retention.json", "retention")
    return found


def _planning(config: RetentionConfig, only: str = "") -> Planning:
    known = _job(config).last
    return Planning(config, time.time(), known["good"] if known else 0.0, only)


def _planned(config: RetentionConfig, only: str = "") -> RetentionPlan:
    try:
        return _planning(config, only).plan()
    except ClockError as error:
        raise StepError(f"retention: {error}") from error


def _plan(config: RetentionConfig, _: RetentionOrder) -> RetentionPlan:
    return _planned(config)


def _explain(config: RetentionConfig, order: RetentionOrder) -> Explained:
    repository, tag = order["repository"], order["tag"]
    plan = _planned(config, repository)
    history = [
        one
        for one in pushes.read(config["pushes"])
        if (one["repository"], one["tag"]) == (repository, tag)
    ]
    found: Explained = {"tag": None, "rule": None, "pushes": history[-10:]}
    for one in plan["repositories"]:
        found["rule"] = config["rules"][one["rule"]]
        found["tag"] = next((each for each in one["tags"] if each["tag"] == tag), None)
    if found["tag"] is None and not _digest(config, repository, tag):
        raise _no_tag(repository, tag)
    return found


def _job(config: RetentionConfig) -> Job:
    return Job("retention", config["metrics"], config["records"])


def _apply(config: RetentionConfig, order: RetentionOrder) -> Any:
    return _job(config).run(lambda: _applied(config, order["plan"])).figures


def _applied(config: RetentionConfig, agreed: RetentionPlan | None) -> Outcome:
    with explained("retention"), Cycle(config["control"]) as cycle:
        # Made after the cycle began: what is pushed from now on is in the gate's journal.
        fresh = _planned(config)
        done = applying.apply(cycle, fresh, agreed, "holdfast retention")
    done["damaged"] = [
        f"{one['repository']}: {each}" for one in fresh["repositories"] for each in one["damaged"]
    ]
    dropped, damaged = len(done["tags"]), len(done["damaged"])
    total = f"{dropped} tags and {len(done['manifests'])} manifests to the trash"
    return Outcome(
        done,
        (*(f"dropped {tag}" for tag in done["tags"]), total),
        tuple(f"{one}: cannot be read, its repository is left alone" for one in done["damaged"]),
        tuple(gauges(dropped, damaged)),
    )


def gauges(dropped: int, damaged: int) -> Iterator[Gauge]:
    """Yield the metrics of a run."""
    yield gauge("retention_dropped_tags", "Tags that the last run dropped.", dropped)
    text = "Tags and manifests that cannot be read: their repositories are left alone."
    yield gauge("retention_damaged", text, damaged)


def _undo(config: RetentionConfig, order: RetentionOrder) -> Any:
    only = order["repository"], order["tag"]
    with Cycle(config["control"]) as cycle:
        done = applying.undo(cycle, Directory(config["directory"]), only)
    if only[1] and not done["tags"] and not done["kept"]:
        raise StepError(
            f"{only[0]}:{only[1]}: expected a tag in the trash, found none. Tags stay there for"
            " registry_gc_undo",
            wrong_input=True,
        )
    return done


def _untag(config: RetentionConfig, order: RetentionOrder) -> Untagged:
    repository, tag = order["repository"], order["tag"]
    with Cycle(config["control"]) as cycle:
        digest = _digest(config, repository, tag)
        if not digest:
            raise _no_tag(repository, tag)
        done = cycle.take(repository, {tag: digest}, [], "holdfast untag")
    if not done["tags"]:
        raise StepError(f"{repository}:{tag}: pushed at this moment, it stays. Repeat it")
    folder = Directory(config["directory"]).path(f"repositories/{repository}")
    siblings = sorted(name for name, one in listing.tags(folder) if one == digest)
    return {"digest": digest, "siblings": siblings}


def _digest(config: RetentionConfig, repository: str, tag: str) -> str:
    """Return the digest of a tag; "" if there is none. Raises StepError for names that cannot be
    used."""
    try:
        return listing.tagged(Directory(config["directory"]).path(places.tag(repository, tag)))
    except ValueError as error:
        raise StepError(f"retention: {error}. Give REPO:TAG", wrong_input=True) from error


def _no_tag(repository: str, tag: str) -> StepError:
    return StepError(
        f"{repository}:{tag}: expected a tag, found none. Look for it: holdfast retention plan",
        wrong_input=True,
    )


def nightly(config: RetentionConfig) -> Outcome:
    """Apply without anybody who looks: not after a long pause. Raises StepError."""
    try:
        _planning(config).check_pause()
    except ClockError as error:
        raise StepError(f"retention: {error}") from error
    return _applied(config, None)


def main(generation: str) -> int:
    """Apply once; return 1 if it failed or found what cannot be read."""
    config = config_of(generation)
    return _job(config).main(lambda: nightly(config), seconds=SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
