"""Report the jobs of a host, and start one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.generations import manifest, store
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.proofs import Proofs
from ansible_collections.holdfast.registry.plugins.module_utils.system import jobs, paths, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.jobs import (
        JobOrder,
        JobState,
    )

_BUSY = ("activating", "active", "reloading", "deactivating")


def states() -> list[JobState]:
    """Return the state of each job of the serving generation."""
    following = systemd.next_runs()
    return [_state(name, following) for name in _names()]


def state(name: str) -> JobState:
    """Return the state of one job. Raises StepError if the host does not have it."""
    known = _names()
    if not known:
        raise StepError("jobs: expected a generation with jobs, found none. Run: holdfast deploy")
    if name not in known:
        raise StepError(
            f"jobs: expected one of {', '.join(known)}, got {name}. See them: holdfast jobs",
            wrong_input=True,
        )
    return _state(name, systemd.next_runs())


def start(order: JobOrder) -> JobState:
    """Start a job, unless it runs; return its state before. Raises StepError."""
    before = state(order["name"])
    if order["everything"] and order["name"] == "scrub":
        Proofs(f"{paths.STATE}/scrub").request()
    systemd.systemctl("start", "--no-block", _service(order["name"]))
    return before


def _names() -> list[str]:
    kept = store.Store()
    return manifest.jobs(kept.manifest(kept.current()))


def _state(name: str, following: dict[str, float]) -> JobState:
    shown = systemd.show(_service(name), "ActiveState", "Result", "Job")
    timer = f"holdfast-{name}.timer"
    waits = shown.get("Job", "0") not in ("", "0")
    return {
        "name": name,
        "timed": systemd.show(timer, "LoadState").get("LoadState") == "loaded",
        "running": waits or shown.get("ActiveState") in _BUSY,
        "next": following.get(timer),
        "last": jobs.last(name),
        "unit": shown.get("Result", ""),
    }


def _service(name: str) -> str:
    return f"holdfast-{name}.service"
