"""Plan a retention over a whole store, without a change."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate import listing, pushes
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.retention import (
    pulls,
    reading,
    usage,
)
from ansible_collections.holdfast.registry.plugins.module_utils.retention.deciding import (
    Decision,
    decide,
)
from ansible_collections.holdfast.registry.plugins.module_utils.retention.facts import Evidence

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.retention import (
        PlannedRepository,
        PlannedTag,
        RetentionConfig,
        RetentionPlan,
        Rule,
    )

AHEAD_SECONDS = 60.0
"""Difference by which a clock may be behind what was recorded."""
LONGEST_PAUSE = 7 * 86400.0
"""Time between two nightly runs above which the host was off, or its clock was set forward."""


class ClockError(Exception):
    """The clock does not fit the times that were recorded: ages cannot be trusted."""


@dataclass(frozen=True)
class Planning:
    """One plan over a store."""

    config: RetentionConfig
    now: float
    last: float = 0.0
    """Time of the last run."""
    only: str = ""
    """Repository to look at; "" for all."""
    store: Directory = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "store", Directory(self.config["directory"]))

    def plan(self) -> RetentionPlan:
        """Return the plan. Raises ClockError, and OSError if a folder cannot be read."""
        history = reading.History.of(pushes.read(self.config["pushes"]))
        self._check_clock(history)
        known = pulls.Pulls({}, None)
        lines = [line for rule in self.config["rules"] for line in rule["keep"]]
        if any("pulled_within" in one for one in lines):
            known = pulls.read(self.config["log"])
        lists = {path for one in lines for path in one.get("in_use", ())}
        used = {path: usage.in_use(path, self.now) for path in lists}
        evidence = Evidence(self.now, known.since, used)
        found = []
        for name, folder in sorted(listing.repositories(self.store.root)):
            number = rule_of(self.config["rules"], name)
            if number is not None and self.only in ("", name):
                read = reading.read(self.store, name, folder, history, known.last.get(name, {}))
                found.append(self._planned(number, read, evidence))
        unusable = sorted(path for path, one in used.items() if one is None)
        return {"time": self.now, "repositories": found, "unusable": unusable}

    def check_pause(self) -> None:
        """Raise ClockError if the last run is too long ago for a run that nobody looks at."""
        pause = self.now - self.last
        if self.last and pause > LONGEST_PAUSE:
            raise ClockError(
                f"clock: expected a run in the last {LONGEST_PAUSE / 86400:.0f} days, found one"
                f" {pause / 86400:.0f} days ago: the host was off, or its clock was set forward,"
                " which makes every image old. Look at the clock. Run: holdfast retention apply"
            )

    def _check_clock(self, history: reading.History) -> None:
        latest = max(history.latest, self.last)
        if self.now + AHEAD_SECONDS < latest:
            raise ClockError(
                f"clock: expected a time after the last push and run, got one"
                f" {latest - self.now:.0f} s before. Set the clock of the host"
            )

    def _planned(self, number: int, read: reading.Read, evidence: Evidence) -> PlannedRepository:
        rule = self.config["rules"][number]
        repository = read.repository
        # Nothing is known about what an unreadable manifest holds.
        decision = decide(None if read.damaged else rule, repository, evidence)
        return {
            "repository": repository.name,
            "rule": number,
            "tags": _tags(read, decision),
            "manifests": decision.manifests,
            "damaged": read.damaged,
            "bytes": _freed(self.store, read.blobs, decision.manifests),
        }


def rule_of(rules: Sequence[Rule], repository: str) -> int | None:
    """Return the index of the rule of a repository; None if it has none."""
    for number, rule in enumerate(rules):
        if any(re.fullmatch(one, repository) for one in rule["matching"]):
            return number
    return None


def _tags(read: reading.Read, decision: Decision) -> list[PlannedTag]:
    repository = read.repository
    named: dict[str, list[str]] = {}
    for tag in repository.tags:
        named.setdefault(tag.digest, []).append(tag.name)
    found: list[PlannedTag] = []
    for tag in repository.tags:
        verdict = decision.tags[tag.name]
        times = [repository.pulls.get(one, 0.0) for one in (tag.name, tag.digest)]
        found.append(
            {
                "tag": tag.name,
                "digest": tag.digest,
                "keep": verdict.keep,
                "why": "unreadable" if read.damaged else verdict.why,
                "pushed": tag.pushed,
                "pulled": max(times) or None,
                "siblings": [one for one in named[tag.digest] if one != tag.name],
            }
        )
    return found


def _freed(store: Directory, blobs: Mapping[str, tuple[str, ...]], gone: list[str]) -> int:
    """Return the bytes that only manifests which go name in their repository."""
    lost = set(gone)
    kept = {one for digest, some in blobs.items() if digest not in lost for one in some}
    going = {one for digest in lost for one in (digest, *blobs[digest])} - kept
    return sum(map(_size(store), going))


def _size(store: Directory) -> Callable[[str], int]:
    def size(digest: str) -> int:
        try:
            return os.stat(store.path(places.blob(digest))).st_size
        except (OSError, ValueError):
            return 0

    return size
