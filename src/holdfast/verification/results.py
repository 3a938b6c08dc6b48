"""What a verification found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

State = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Outcome:
    """One check of one host."""

    host: str
    check: str
    """Stable name of the check, `group.name`."""
    state: State
    text: str
    """What was expected, what was found, what to do; or why it was skipped; else empty."""
    seconds: float

    @property
    def group(self) -> str:
        """What the check is about: tls, auth, units, …"""
        return self.check.partition(".")[0]


@dataclass(frozen=True)
class Counts:
    """Checks by state."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Counts:
        """Count outcomes."""
        states = [outcome.state for outcome in outcomes]
        return cls(*(states.count(state) for state in ("passed", "failed", "skipped")))


@dataclass(frozen=True)
class Subject:
    """One host that was looked at, as a report names it."""

    host: str
    url: str
    digest: str
    """SHA-256 of the files that its settings give, with their owners and modes."""
    registry: str
    """Version of the registry, by its settings."""
    generation: str = "not looked at from inside"
    platform: str = ""
    nginx: str = ""


@dataclass(frozen=True)
class Results:
    """All outcomes, in the order in which they were found."""

    outcomes: tuple[Outcome, ...]
    seconds: float
    subjects: tuple[Subject, ...] = ()
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def ok(self) -> bool:
        """Whether something was checked and nothing failed."""
        return self.total.passed > 0 and self.total.failed == 0

    @property
    def total(self) -> Counts:
        """Checks by state, of all hosts."""
        return Counts.of(self.outcomes)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The checks that failed."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == "failed")

    def by_host(self) -> Mapping[str, Mapping[str, Counts]]:
        """Return the counts by host and group, both in the order in which they came."""
        hosts = dict.fromkeys(outcome.host for outcome in self.outcomes)
        groups = dict.fromkeys(outcome.group for outcome in self.outcomes)
        return {
            host: {
                group: Counts.of(found)
                for group in groups
                if (found := [o for o in self.outcomes if (o.host, o.group) == (host, group)])
            }
            for host in hosts
        }

    def skipped(self, host: str) -> Mapping[str, list[str]]:
        """Return the checks of a host that were skipped, by the reason."""
        found: dict[str, list[str]] = {}
        for outcome in self.outcomes:
            if (outcome.host, outcome.state) == (host, "skipped"):
                found.setdefault(outcome.text, []).append(outcome.check)
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return the results as objects for `--json`."""
        return {
            "ok": self.ok,
            "seconds": round(self.seconds, 2),
            "began": self.began.isoformat(timespec="seconds"),
            "hosts": [asdict(subject) for subject in self.subjects],
            **asdict(self.total),
            "checks": [{**asdict(o), "seconds": round(o.seconds, 3)} for o in self.outcomes],
        }
