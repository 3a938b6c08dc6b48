"""Collect garbage of a host's store: as a verb, or as a job, `python3 -m ...jobs.gc GENERATION`."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.collect import Collection
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.marks import Memory
from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy
from ansible_collections.holdfast.registry.plugins.module_utils.gate.control import Cycle
from ansible_collections.holdfast.registry.plugins.module_utils.gate.protocol import (
    StaleCycleError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import Store
from ansible_collections.holdfast.registry.plugins.module_utils.registry.http import RegistryError
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    files,
    metrics,
    paths,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.cleanup import (
        Collected,
        GcOrder,
        GcPlan,
        GcResult,
    )

RESULT = f"{paths.STATE}/gc.json"
METRICS = "holdfast-gc.prom"
FIGURES = {
    "moved": "Bytes that the last garbage collection moved to the trash.",
    "purged": "Bytes that the last garbage collection removed.",
    "trash": "Bytes in the trash, which still use disk space.",
}


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
    if verb == "plan":
        return _collection(plan, say).plan()
    try:
        if verb == "undo":
            with Cycle() as cycle:
                return _collection(plan, say).undo(cycle)
        return _run(plan, say)
    except StaleCycleError as error:
        raise StepError(f"gc: {error}. Repeat it") from error
    except RegistryError as error:
        raise StepError(f"gc: {error}. Run: holdfast deploy") from error


def plan_of(generation: str) -> GcPlan:
    """Return the plan of a generation. Raises StepError if its images pass no gate."""
    found: GcPlan | None = files.read_json(os.path.join(generation, "agent", "gc.json"))
    if found is None:
        raise StepError(
            "gc: expected a registry 3 whose images are in a directory of the host, found none."
            " Set registry_storage_driver: filesystem and a newer registry, and deploy",
            wrong_input=True,
        )
    return found


def _run(plan: GcPlan, say: Callable[[str], None]) -> Collected:
    result: GcResult = {"time": time.time(), "collected": None, "problem": ""}
    try:
        with Cycle() as cycle:
            done = _collection(plan, say).run(cycle, deploy.flush_alone)
        result["collected"] = done
        return done
    except Exception as error:
        result["problem"] = str(error)
        raise
    finally:
        files.replace(RESULT, json.dumps(result, indent=1).encode(), 0o644)
        _write_metrics(plan, result)


def _collection(plan: GcPlan, say: Callable[[str], None]) -> Collection:
    grace, undo = plan["grace_seconds"], plan["undo_seconds"]
    return Collection(Store(plan["directory"]), grace, undo, Memory(plan["references"]), say=say)


def _write_metrics(plan: GcPlan, result: GcResult) -> None:
    done = result["collected"]
    found: dict[str, tuple[str, float]] = {
        "time_seconds": ("Time of the last garbage collection.", result["time"]),
        "failed": ("1 if the last garbage collection failed.", int(done is None)),
    }
    if done is not None:
        sizes = {"moved": done["moved"], "purged": done["purged"], "trash": done["trash"]}
        found |= {f"{key}_bytes": (FIGURES[key], one["bytes"]) for key, one in sizes.items()}
        text = "Manifests that cannot be read: nothing is collected in their repositories."
        found["damaged_manifests"] = text, len(done["damaged"])
    gauges = (
        metrics.Gauge(f"holdfast_gc_{name}", text, (({}, value),))
        for name, (text, value) in found.items()
    )
    metrics.write(os.path.join(plan["metrics"], METRICS), gauges)


def main(generation: str) -> int:
    """Run once; return 1 if it failed or found a manifest that cannot be read."""
    with files.locked(paths.LOCK):
        try:
            done: Collected = work({"verb": "run", "grace_seconds": None}, print, generation)
        except StepError as error:
            print(error, file=sys.stderr)
            return 1
    for one in done["damaged"]:
        print(f"{one}: cannot be read, its repository frees nothing", file=sys.stderr)
    print(json.dumps(done))
    return int(bool(done["damaged"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
