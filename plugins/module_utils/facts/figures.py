"""Gather the figures of a host for one text of metrics, and keep those that only grow."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.facts import (
    exposition,
    tasks,
    textfiles,
)
from ansible_collections.holdfast.registry.plugins.module_utils.facts.counters import Counters
from ansible_collections.holdfast.registry.plugins.module_utils.facts.exposition import Metric
from ansible_collections.holdfast.registry.plugins.module_utils.facts.requests import request
from ansible_collections.holdfast.registry.plugins.module_utils.facts.tail import Tail
from ansible_collections.holdfast.registry.plugins.module_utils.system import files
from ansible_collections.holdfast.registry.plugins.module_utils.system.metrics import Gauge

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.figures import (
        FactsPlan,
        Kept,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.jobs import JobRecord

HELP = {
    "up": "1 if the registry answered through the proxy at the last look, each minute.",
    "info": "1, with what serves in its labels.",
    "generation_activated_timestamp_seconds": "Time since which the generation serves.",
    "facts_timestamp_seconds": "Time of the last look at the access log.",
    "certificate_warn_seconds": "Time before its end at which a certificate is to be replaced.",
    "robot_expires_timestamp_seconds": "End of validity of a robot's secret.",
}
"""Meaning of each figure, after `holdfast_`."""
LABELS = {
    "info": ("version", "registry", "generation", "auth_mode", "storage"),
    "robot_expires_timestamp_seconds": ("robot",),
}


class Figures:
    """All figures of a host. One thread uses it."""

    def __init__(self, plan: FactsPlan, current: str, state: str) -> None:
        kept = _kept(state)
        self._plan, self._current, self._state = plan, current, state
        self._tail = Tail(plan["log"], kept["marks"] if kept else None)
        self._counters = Counters(kept["counts"] if kept else None)
        self._tasks = kept["tasks"] if kept else {}
        self._records: dict[str, JobRecord] = {}
        self._looked, self._gaps, self._saved = 0.0, 0, ""
        self.up: bool | None = None
        """True if the registry answered at the last look; None before the first."""

    def look(self) -> None:
        """Count what was added to the log, and the jobs that failed since."""
        for line in self._tail.lines():
            one = request(line)
            if one:
                self._counters.add(one)
            else:
                self._counters.unreadable()
        for _ in range(self._gaps, self._tail.gaps):
            self._counters.gap()
        self._gaps = self._tail.gaps
        self._records = tasks.records(self._plan["records"])
        self._tasks = tasks.counted(self._tasks, self._records)
        self._looked = time.time()

    def save(self) -> None:
        """Keep counters and the place in the log, in one file: neither is newer."""
        kept: Kept = {
            "marks": self._tail.marks,
            "counts": self._counters.state,
            "tasks": self._tasks,
        }
        text = json.dumps(kept)
        if text != self._saved:
            files.replace_own(self._state, [text.encode()])
            self._saved = text

    def text(self) -> str:
        """Return all metrics as of the last look, those of the jobs' files included."""
        own = "".join(exposition.text(self._metrics()))
        ours = textfiles.families(own, lambda _: True)
        return textfiles.joined([ours, *textfiles.in_directory(self._plan["metrics"])])

    def _metrics(self) -> Iterator[Metric]:
        yield from self._gauges()
        yield from self._counters.metrics()
        yield from tasks.metrics(self._tasks, self._records, self._plan["late"])

    def _gauges(self) -> Iterator[Gauge]:
        if self.up is not None:
            yield _gauge("up", int(self.up))
        number, since = self._generation()
        labels = {**self._plan["info"], "generation": number}
        shown = {name: labels[name] for name in LABELS["info"]}
        yield Gauge("holdfast_info", HELP["info"], ((shown, 1.0),))
        yield _gauge("generation_activated_timestamp_seconds", since)
        yield _gauge("facts_timestamp_seconds", self._looked)
        yield _gauge("certificate_warn_seconds", self._plan["certificate_warn_seconds"])
        name = "robot_expires_timestamp_seconds"
        rows = tuple(({"robot": robot}, end) for robot, end in self._plan["robots"].items())
        yield Gauge(f"holdfast_{name}", HELP[name], rows)

    def _generation(self) -> tuple[str, float]:
        """Return number and begin of the serving generation, as its link has them."""
        try:
            target = os.readlink(self._current)
            return os.path.basename(target), os.lstat(self._current).st_mtime
        except OSError:
            return "", 0.0


def _kept(path: str) -> Kept | None:
    """Return what was kept; None before the first start, or if the file is damaged."""
    found: Kept | None = files.read_json(path)
    whole = isinstance(found, dict) and {"marks", "counts", "tasks"} <= found.keys()
    return found if whole else None


def _gauge(name: str, value: float) -> Gauge:
    return Gauge(f"holdfast_{name}", HELP[name], (({}, value),))
