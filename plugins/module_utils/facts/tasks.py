"""Measure the jobs of a host by their records."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.facts.exposition import (
    Counter,
    Metric,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import jobs
from ansible_collections.holdfast.registry.plugins.module_utils.system.metrics import Gauge

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.figures import (
        TaskCount,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.jobs import JobRecord

HELP = {
    "job_last_success_timestamp_seconds": "Begin of the last run that did its work; 0 for none.",
    "job_last_duration_seconds": "Duration of the last run that ended.",
    "job_late_after_seconds": "Age of the last success from which the job is late.",
    "job_failed": "1 if the last run failed.",
    "job_failures_total": "Failed runs.",
}
"""Meaning of each metric of jobs, after `holdfast_`; each has the label `task`."""


def records(folder: str) -> dict[str, JobRecord]:
    """Return the last records, by job."""
    try:
        names = sorted(name.removesuffix(".json") for name in os.listdir(folder))
    except OSError:
        return {}
    found = {name: jobs.last(name, folder) for name in names}
    return {name: one for name, one in found.items() if one and "begun" in one}


def counted(known: Mapping[str, TaskCount], seen: Mapping[str, JobRecord]) -> dict[str, TaskCount]:
    """Return the failures by job: those that are known, and each new one once."""
    found = {name: known.get(name, {"begun": 0.0, "failures": 0}) for name in (*known, *seen)}
    for name, one in seen.items():
        before = found[name]
        if one["result"] == "failed" and one["begun"] != before["begun"]:
            found[name] = {"begun": one["begun"], "failures": before["failures"] + 1}
    return found


def metrics(
    counts: Mapping[str, TaskCount], seen: Mapping[str, JobRecord], late: Mapping[str, float]
) -> Iterator[Metric]:
    """Yield the metrics of jobs; `late` is the age at which a success is too old, by job."""
    good, took, after, wrong, failed = HELP
    labels = {name: {"task": name} for name in (*counts, *seen, *late)}
    # A job that is due and never ran has its success at 0.
    times = {**dict.fromkeys(late, 0.0), **{name: one["good"] for name, one in seen.items()}}
    durations = {
        name: one["ended"] - one["begun"] for name, one in seen.items() if one["ended"] is not None
    }
    results = {name: float(one["result"] == "failed") for name, one in seen.items()}
    for key, values in ((good, times), (took, durations), (after, late), (wrong, results)):
        rows = tuple((labels[name], max(value, 0.0)) for name, value in values.items())
        yield Gauge(f"holdfast_{key}", HELP[key], rows)
    rows = tuple((labels[name], float(one["failures"])) for name, one in counts.items())
    yield Counter(f"holdfast_{failed}", HELP[failed], rows)
