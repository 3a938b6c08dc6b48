"""Run a job: lock, deadline, record of the result, metrics, and lines for the journal."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.holdfast.registry.plugins.module_utils.system import files, paths
from ansible_collections.holdfast.registry.plugins.module_utils.system import metrics as prometheus
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import (
    StepError,
    as_step,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.jobs import JobRecord

RECORDS = f"{paths.STATE}/jobs"
MOST_PROBLEMS = 20
"""Problems in a record; the journal has all."""


class Outcome(NamedTuple):
    """Result of a run that did its work."""

    figures: Any = None
    """Values for the record, as JSON has them."""
    lines: tuple[str, ...] = ()
    """Lines for the journal."""
    problems: tuple[str, ...] = ()
    """Findings that somebody has to look at."""
    gauges: tuple[prometheus.Gauge, ...] = ()


@dataclass(frozen=True)
class Job:
    """A job of a host, and the places of its results."""

    name: str
    metrics: str
    """Directory of metrics."""
    records: str = RECORDS

    @property
    def last(self) -> JobRecord | None:
        """The record of the last run; None before the first."""
        return last(self.name, self.records)

    def run(self, work: Callable[[], Outcome]) -> Outcome:
        """Return the outcome of the work. Record begin and end, whatever happens.

        Raises what the work raises.
        """
        before = self.last
        record: JobRecord = {
            "begun": time.time(),
            "ended": None,
            "result": "running",
            "problem": "",
            "figures": before["figures"] if before else None,
            "good": before["good"] if before else 0.0,
        }
        self._write(record)
        done = None
        try:
            done = work()
            record["result"] = "warning" if done.problems else "ok"
            record["problem"] = _some(done.problems)
            record["figures"], record["good"] = done.figures, record["begun"]
            return done
        except BaseException as error:
            record["result"] = "failed"
            record["problem"] = str(error) or type(error).__name__
            raise
        finally:
            record["ended"] = time.time()
            self._write(record)
            self._measure(record, done.gauges if done else ())

    def main(
        self, work: Callable[[], Outcome], *, seconds: float, lock: str | None = paths.LOCK
    ) -> int:
        """Run as the program of a unit; return 1 if the work failed or found something.

        It fails after so many seconds. No other process holds the lock meanwhile.
        """

        def alone() -> Outcome:
            with files.locked(lock) if lock else nullcontext():
                return work()

        try:
            with _ended_after(seconds):
                done = self.run(alone)
        except (StepError, OSError) as problem:
            error = as_step(problem)
            print("\n".join([error.message, *error.lines]), file=sys.stderr)
            return 1
        for line in done.lines or (() if done.problems else ("nothing to do",)):
            print(line)
        for line in done.problems:
            print(line, file=sys.stderr)
        return int(bool(done.problems))

    def _write(self, record: JobRecord) -> None:
        os.makedirs(self.records, mode=0o755, exist_ok=True)
        path = os.path.join(self.records, f"{self.name}.json")
        files.replace(path, json.dumps(record, indent=1).encode(), 0o644)

    def _measure(self, record: JobRecord, own: tuple[prometheus.Gauge, ...]) -> None:
        seconds = (record["ended"] or 0.0) - record["begun"]
        failed = record["result"] == "failed"
        path = os.path.join(self.metrics, f"holdfast-{self.name}.prom")
        prometheus.write(path, [*times(self.name, record["begun"], seconds, failed=failed), *own])


def times(name: str, begun: float, seconds: float, *, failed: bool) -> Iterator[prometheus.Gauge]:
    """Yield the metrics that each job has: begin, duration and failure of its last run."""
    run = f"last run of the job {name}"
    yield gauge(f"{name}_time_seconds", f"Time of the {run}.", begun)
    yield gauge(f"{name}_duration_seconds", f"Duration of the {run}.", seconds)
    yield gauge(f"{name}_failed", f"1 if the {run} failed.", int(failed))


def last(name: str, records: str = RECORDS) -> JobRecord | None:
    """Return the record of the last run of a job; None before the first."""
    found: JobRecord | None = files.read_json(os.path.join(records, f"{name}.json"))
    return found


def gauge(name: str, text: str, value: float) -> prometheus.Gauge:
    """Return a metric without labels, by its name after `holdfast_`."""
    return prometheus.Gauge(f"holdfast_{name}", text, (({}, value),))


def _some(problems: tuple[str, ...]) -> str:
    others = len(problems) - MOST_PROBLEMS
    more = (f"and {others} others",) if others > 0 else ()
    return "; ".join((*problems[:MOST_PROBLEMS], *more))


@contextmanager
def _ended_after(seconds: float) -> Iterator[None]:
    """Raise StepError in the block after so many seconds, or when systemd stops the unit."""

    def late(*_: Any) -> None:
        raise StepError(f"expected to end within {seconds:.0f} s, did not. Look at the journal")

    def stopped(*_: Any) -> None:
        raise StepError("stopped before its end. The next run does the rest")

    signal.signal(signal.SIGALRM, late)
    before = signal.signal(signal.SIGTERM, stopped)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGTERM, before)
