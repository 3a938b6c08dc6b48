"""Apply the retention of a host's images: as a verb, or as a job, `-m ...jobs.retention GEN`."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.gate import listing, pushes
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.control import Cycle
from ansible_collections.holdfast.registry.plugins.module_utils.gate.protocol import (
    StaleCycleError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import Store
from ansible_collections.holdfast.registry.plugins.module_utils.registry.http import RegistryError
from ansible_collections.holdfast.registry.plugins.module_utils.retention import applying
from ansible_collections.holdfast.registry.plugins.module_utils.retention.planning import (
    ClockError,
    Planning,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    files,
    metrics,
    paths,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.retention import (
        Applied,
        Explained,
        RetentionConfig,
        RetentionOrder,
        RetentionResult,
        Untagged,
    )

METRICS = "holdfast-retention.prom"


def work(order: RetentionOrder, generation: str = f"{paths.ETC}/current") -> Any:
    """Return what a verb did, or would do. Raises StepError."""
    config = config_of(generation)
    verbs = {"plan": _plan, "explain": _explain, "apply": _apply, "undo": _undo, "untag": _untag}
    try:
        return verbs[order["verb"]](config, order)
    except StaleCycleError as error:
        raise StepError(f"retention: {error}. Repeat it") from error
    except RegistryError as error:
        raise StepError(f"retention: {error}. Run: holdfast deploy") from error
    except ClockError as error:
        raise StepError(f"retention: {error}") from error


def config_of(generation: str) -> RetentionConfig:
    """Return the configuration of a generation. Raises StepError if its images pass no gate."""
    found: RetentionConfig | None = files.read_json(
        os.path.join(generation, "agent", "retention.json")
    )
    if found is None:
        raise StepError(
            "retention: expected a registry 3 whose images are in a directory of the host, found"
            " none. Set registry_storage_driver: filesystem and a newer registry, and deploy",
            wrong_input=True,
        )
    return found


def _planning(config: RetentionConfig, only: str = "") -> Planning:
    known: RetentionResult | None = files.read_json(config["result"])
    return Planning(config, time.time(), known["time"] if known else 0.0, only)


def _plan(config: RetentionConfig, _: RetentionOrder) -> Any:
    return _planning(config).plan()


def _explain(config: RetentionConfig, order: RetentionOrder) -> Explained:
    repository, tag = order["repository"], order["tag"]
    plan = _planning(config, repository).plan()
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


def _apply(config: RetentionConfig, order: RetentionOrder) -> Applied:
    result: RetentionResult = {"time": time.time(), "applied": None, "problem": ""}
    try:
        with Cycle(config["control"]) as cycle:
            # Made after the cycle began: what is pushed from now on is in the gate's journal.
            fresh = _planning(config).plan()
            done = applying.apply(cycle, fresh, order["plan"], "holdfast retention")
        done["damaged"] = [
            f"{one['repository']}: {each}"
            for one in fresh["repositories"]
            for each in one["damaged"]
        ]
        result["applied"] = done
        return done
    except Exception as error:
        result["problem"] = str(error)
        # A clock that is behind must not become the time of the last run.
        result["time"] = (files.read_json(config["result"]) or result)["time"]
        raise
    finally:
        files.replace(config["result"], json.dumps(result, indent=1).encode(), 0o644)
        _write_metrics(config, result)


def _undo(config: RetentionConfig, order: RetentionOrder) -> Any:
    only = order["repository"], order["tag"]
    with Cycle(config["control"]) as cycle:
        done = applying.undo(cycle, Store(config["directory"]), only)
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
    folder = Store(config["directory"]).path(f"repositories/{repository}")
    siblings = sorted(name for name, one in listing.tags(folder) if one == digest)
    return {"digest": digest, "siblings": siblings}


def _digest(config: RetentionConfig, repository: str, tag: str) -> str:
    """Return the digest of a tag; "" if there is none. Raises StepError for names that cannot be
    used."""
    try:
        return listing.tagged(Store(config["directory"]).path(places.tag(repository, tag)))
    except ValueError as error:
        raise StepError(f"retention: {error}. Give REPO:TAG", wrong_input=True) from error


def _no_tag(repository: str, tag: str) -> StepError:
    return StepError(
        f"{repository}:{tag}: expected a tag, found none. Look for it: holdfast retention plan",
        wrong_input=True,
    )


def _write_metrics(config: RetentionConfig, result: RetentionResult) -> None:
    done = result["applied"]
    found: dict[str, tuple[str, float]] = {
        "time_seconds": ("Time of the last run of the retention.", result["time"]),
        "failed": ("1 if the last run of the retention failed.", int(done is None)),
    }
    if done is not None:
        found["dropped_tags"] = "Tags that the last run dropped.", len(done["tags"])
        text = "Tags and manifests that cannot be read: their repositories are left alone."
        found["damaged"] = text, len(done["damaged"])
    gauges = (
        metrics.Gauge(f"holdfast_retention_{name}", text, (({}, value),))
        for name, (text, value) in found.items()
    )
    metrics.write(os.path.join(config["metrics"], METRICS), gauges)


def main(generation: str) -> int:
    """Apply once; return 1 if it failed or found what cannot be read."""
    order: RetentionOrder = {"verb": "apply", "repository": "", "tag": "", "plan": None}
    with files.locked(paths.LOCK):
        try:
            done: Applied = work(order, generation)
        except StepError as error:
            print(error, file=sys.stderr)
            return 1
    for one in done["damaged"]:
        print(f"{one}: cannot be read, its repository is left alone", file=sys.stderr)
    for tag in done["tags"]:
        print(f"dropped {tag}")
    print(f"{len(done['tags'])} tags and {len(done['manifests'])} manifests to the trash")
    return int(bool(done["damaged"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
