"""Apply the retention of a host's images: as a verb, or as a job, `-m ...jobs.retention GEN`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.gate import (
    opening,
    plans,
    pushes,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.control import (
    Cycle,
    explained,
)
from ansible_collections.holdfast.registry.plugins.module_utils.retention import (
    applying,
    undoing,
)
from ansible_collections.holdfast.registry.plugins.module_utils.retention.planning import ClockError
from ansible_collections.holdfast.registry.plugins.module_utils.retention.running import Retention
from ansible_collections.holdfast.registry.plugins.module_utils.system import paths
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import (
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
        store = opening.opened(config["storage"], generation)
        return verbs[order["verb"]](Retention(config, store, order["without_undo"]), order)


def config_of(generation: str) -> RetentionConfig:
    """Return the configuration of a generation. Raises StepError if its images pass no gate."""
    found: RetentionConfig = plans.of(generation, "agent/retention.json", "retention")
    return found


def _plan(own: Retention, _: RetentionOrder) -> RetentionPlan:
    return {**own.planned(), "refusal": own.refusal()}


def _explain(own: Retention, order: RetentionOrder) -> Explained:
    repository, tag = order["repository"], order["tag"]
    digest = own.digest(repository, tag)
    plan = own.planned(repository)
    history = [
        one
        for one in pushes.read(own.config["pushes"])
        if (one["repository"], one["tag"]) == (repository, tag)
    ]
    found: Explained = {"tag": None, "rule": None, "pushes": history[-10:]}
    for one in plan["repositories"]:
        found["rule"] = own.config["rules"][one["rule"]]
        found["tag"] = next((each for each in one["tags"] if each["tag"] == tag), None)
    if found["tag"] is None and not digest:
        raise _no_tag(repository, tag)
    return found


def _apply(own: Retention, order: RetentionOrder) -> Any:
    own.check()
    return own.job.run(lambda: _applied(own, order["plan"])).figures


def _applied(own: Retention, agreed: RetentionPlan | None) -> Outcome:
    with explained("retention"), Cycle(own.config["control"]) as cycle:
        # Made after the cycle began: what is pushed from now on is in the gate's journal.
        fresh = own.planned()
        by = "holdfast retention"
        for_ever = own.for_ever and bool(own.store.refusal())
        done = applying.apply(cycle, fresh, agreed, by, for_ever=for_ever)
    done["damaged"] = [
        f"{one['repository']}: {each}" for one in fresh["repositories"] for each in one["damaged"]
    ]
    dropped, damaged = len(done["tags"]), len(done["damaged"])
    where = "for ever" if done["for_ever"] else "to the trash"
    total = f"{dropped} tags and {len(done['manifests'])} manifests {where}"
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


def _undo(own: Retention, order: RetentionOrder) -> Any:
    why = own.store.refusal()
    if why:
        raise StepError(f"retention: nothing comes back: {why}", wrong_input=True)
    only = order["repository"], order["tag"]
    with Cycle(own.config["control"]) as cycle:
        done = undoing.undo(cycle, own.store, pushes.read(own.config["pushes"]), only)
    if only[1] and not done["tags"] and not done["kept"]:
        raise StepError(
            f"{only[0]}:{only[1]}: expected a tag in the trash, found none. Tags stay there for"
            " registry_gc_undo",
            wrong_input=True,
        )
    return done


def _untag(own: Retention, order: RetentionOrder) -> Untagged:
    repository, tag = order["repository"], order["tag"]
    own.digest(repository, tag)
    own.check()
    with Cycle(own.config["control"]) as cycle:
        digest = own.digest(repository, tag)
        if not digest:
            raise _no_tag(repository, tag)
        by, for_ever = "holdfast untag", own.for_ever
        done = cycle.take(repository, {tag: digest}, [], by, for_ever=for_ever)
    if not done["tags"]:
        raise StepError(f"{repository}:{tag}: pushed at this moment, it stays. Repeat it")
    return {"digest": digest, "siblings": own.store.tags.siblings(repository, digest)}


def _no_tag(repository: str, tag: str) -> StepError:
    return StepError(
        f"{repository}:{tag}: expected a tag, found none. Look for it: holdfast retention plan",
        wrong_input=True,
    )


def nightly(own: Retention) -> Outcome:
    """Apply without anybody who looks: not after a long pause. Raises StepError.

    Nothing goes for ever then: where nothing could come back, nothing goes, with the reason.
    """
    why = own.store.refusal()
    if why:
        return Outcome(applying.nothing(), (f"nothing goes: {why}",), (), tuple(gauges(0, 0)))
    try:
        own.planning().check_pause()
    except ClockError as error:
        raise StepError(f"retention: {error}") from error
    return _applied(own, None)


def main(generation: str) -> int:
    """Apply once; return 1 if it failed or found what cannot be read."""
    config = config_of(generation)
    own = Retention(config, opening.opened(config["storage"], generation))
    return own.job.main(lambda: nightly(own), seconds=SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
