"""Plan a retention over a whole store, without a change."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate import pushes
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    Repository,
    Store,
)
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
        KeepLine,
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
    store: Store
    now: float
    last: float = 0.0
    """Time of the last run."""
    only: str = ""
    """Repository to look at; "" for all."""

    def plan(self) -> RetentionPlan:
        """Return the plan; of one repository alone without bytes.

        Raises ClockError, and OSError if something cannot be listed.
        """
        history = reading.History.of(pushes.read(self.config["pushes"]))
        self._check_clock(history)
        known = pulls.Pulls({}, None)
        lines = [line for rule in self.config["rules"] for line in rule["keep"]]
        if any("pulled_within" in one for one in lines):
            known = pulls.read(self.config["log"])
        lists = {path for one in lines for path in one.get("in_use", ())}
        used = {path: usage.in_use(path, self.now) for path in lists}
        evidence = Evidence(self.now, known.since, used)
        repositories, size = self._listed()
        reader = reading.Reader(self.store, history, configurations=_needs_configurations(lines))
        found = []
        for one in sorted(repositories, key=lambda one: one.name):
            number = rule_of(self.config["rules"], one.name)
            if number is not None:
                read = reader.read(one, known.last.get(one.name, {}))
                found.append(self._planned(number, read, evidence, size))
        unusable = sorted(path for path, one in used.items() if one is None)
        return {"time": self.now, "repositories": found, "unusable": unusable, "refusal": ""}

    def _listed(self) -> tuple[Iterable[Repository], Callable[[str], int]]:
        """Return the repositories to plan, and the bytes of a blob."""
        if self.only:
            return [self.store.repository(self.only)], lambda _: 0
        look = self.store.look()
        return look.repositories(), look.blob_size

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

    def _planned(
        self, number: int, read: reading.Read, evidence: Evidence, size: Callable[[str], int]
    ) -> PlannedRepository:
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
            "bytes": _freed(size, read.blobs, decision.manifests),
        }


def _needs_configurations(lines: Iterable[KeepLine]) -> bool:
    """Return True if a line of `keep` depends on what only the configuration of an image says."""
    return any("labels" in one or one.get("by") == "created" for one in lines)


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


def _freed(
    size: Callable[[str], int], blobs: Mapping[str, tuple[str, ...]], gone: list[str]
) -> int:
    """Return the bytes that only manifests which go name in their repository."""
    lost = set(gone)
    kept = {one for digest, some in blobs.items() if digest not in lost for one in some}
    going = {one for digest in lost for one in (digest, *blobs[digest])} - kept
    return sum(map(size, going))
