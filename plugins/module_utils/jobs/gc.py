"""Collect garbage of a host's store: as a verb, or as a job, `python3 -m ...jobs.gc GENERATION`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.collect import Collection
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.marks import Memory
from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy
from ansible_collections.holdfast.registry.plugins.module_utils.gate import opening, plans, quotas
from ansible_collections.holdfast.registry.plugins.module_utils.gate.control import (
    Cycle,
    explained,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import Store
from ansible_collections.holdfast.registry.plugins.module_utils.system import paths
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import (
    Job,
    Outcome,
    gauge,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.metrics import Gauge
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.cleanup import (
        Amount,
        GcFigures,
        GcOrder,
        GcPlan,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import QuotaUsed

SECONDS = 23 * 3600.0
"""Longest run: the next one begins a day after."""
FIGURES = {
    "moved": "Bytes that the last garbage collection moved to the trash.",
    "purged": "Bytes that the last garbage collection removed.",
    "trash": "Bytes in the trash, which still use disk space.",
}


QUOTA_HELP = {"used": "Used at the last garbage collection:", "limit": "Limit:"}


def work(
    order: GcOrder,
    say: Callable[[str], None] = lambda _: None,
    generation: str = f"{paths.ETC}/current",
) -> Any:
    """Return what a verb did or would do. Raises StepError."""
    plan = plan_of(generation)
    if order["grace_seconds"] is not None:
        plan = {**plan, "grace_seconds": order["grace_seconds"]}
    verb = order["verb"]
    if verb == "purge":
        plan = {**plan, "undo_seconds": 0}
    store, why = _opened(plan, generation)
    if why:
        raise StepError(f"gc: {why}", wrong_input=True)
    if verb == "plan":
        return _collection(plan, store, say).plan()
    if verb == "undo":
        with explained("gc"), Cycle() as cycle:
            return _collection(plan, store, say).undo(cycle)
    return _job(plan).run(lambda: _collect(plan, store, say)).figures


def plan_of(generation: str) -> GcPlan:
    """Return the plan of a generation. Raises StepError if its images pass no gate."""
    found: GcPlan = plans.of(generation, "agent/gc.json", "gc")
    return found


def _collect(plan: GcPlan, store: Store, say: Callable[[str], None]) -> Outcome:
    with explained("gc"), Cycle() as cycle:
        done = _collection(plan, store, say).run(cycle, deploy.flush_alone)
    used = quotas.used(store, plan.get("quotas", []))
    figures: GcFigures = {**done, "quotas": used}
    sizes = {"moved": done["moved"], "purged": done["purged"], "trash": done["trash"]}
    return Outcome(
        figures,
        tuple(f"{key}: {one['files']} files, {one['bytes']} bytes" for key, one in sizes.items()),
        tuple(f"{one}: cannot be read, its repository frees nothing" for one in done["damaged"]),
        (
            *gauges({key: one["bytes"] for key, one in sizes.items()}, len(done["damaged"])),
            *quota_gauges(used),
        ),
    )


def gauges(sizes: Mapping[str, int], damaged: int) -> Iterator[Gauge]:
    """Yield the metrics of a run, with the bytes of each key of FIGURES."""
    for key, text in FIGURES.items():
        yield gauge(f"gc_{key}_bytes", text, sizes[key])
    text = "Manifests that cannot be read: nothing is collected in their repositories."
    yield gauge("gc_damaged_manifests", text, damaged)


def quota_gauges(used: list[QuotaUsed]) -> Iterator[Gauge]:
    """Yield the metrics of quotas: what is used, and the limit where there is one."""
    for kind in ("bytes", "tags"):
        for name, key in (("used", kind), ("limit", f"most_{kind}")):
            some: list[tuple[dict[str, str], Any]] = [
                ({"quota": one["rule"], "repositories": ",".join(one["repositories"])}, value)
                for one in used
                if (value := dict(one)[key]) is not None
            ]
            if some:
                text = f"{QUOTA_HELP[name]} {kind}, by quota."
                yield Gauge(f"holdfast_quota_{name}_{kind}", text, tuple(some))


def _job(plan: GcPlan) -> Job:
    return Job("gc", plan["metrics"], plan["records"])


def _collection(plan: GcPlan, store: Store, say: Callable[[str], None]) -> Collection:
    grace, undo = plan["grace_seconds"], plan["undo_seconds"]
    return Collection(store, grace, undo, Memory(plan["references"]), say=say)


def _opened(plan: GcPlan, generation: str) -> tuple[Store, str]:
    """Return the store of a plan, and why nothing of it can be moved to the trash, or ""."""
    store = opening.opened(plan["storage"], generation)
    return store, store.refusal()


def _nightly(plan: GcPlan, generation: str) -> Outcome:
    """Collect; or nothing, with the reason, where nothing can be moved to the trash."""
    store, why = _opened(plan, generation)
    if why:
        none: Amount = {"files": 0, "bytes": 0}
        amounts = dict.fromkeys(("restored", "moved", "purged", "trash"), none)
        figures = {"manifests": 0, "damaged": [], **amounts, "seconds": 0.0}
        used = quotas.used(store, plan.get("quotas", []))
        figures["quotas"] = used
        return Outcome(figures, (f"nothing is collected: {why}",), (), tuple(quota_gauges(used)))
    return _collect(plan, store, print)


def main(generation: str) -> int:
    """Run once; return 1 if it failed or found a manifest that cannot be read."""
    plan = plan_of(generation)
    return _job(plan).main(lambda: _nightly(plan, generation), seconds=SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
