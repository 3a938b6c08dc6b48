"""Results of a verification."""

from __future__ import annotations

import os
import platform
import pwd
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from ansible_collections.holdfast.registry.plugins.module_utils.system.foreign_text import visible

import holdfast

State = Literal["passed", "failed", "not_checked", "not_applicable"]
"""State of a control on a host.

`not_checked`: it applies, and this run could not check it; `not_applicable`: the settings or the
platform make it pointless.
"""
STATES: tuple[State, ...] = get_args(State)


def words(state: str) -> str:
    """Return a state for a person."""
    return state.replace("_", " ")


@dataclass(frozen=True)
class Outcome:
    """Outcome of one control on one host."""

    host: str
    check: str
    """Id of the control, `group.name`."""
    state: State
    text: str
    """Expected and found value and remedy, or the reason for leaving it out, else ""."""
    seconds: float
    evidence: tuple[str, ...] = ()
    """Requests that were made and facts that were read, without secrets."""

    def __post_init__(self) -> None:
        """Make the text safe to print: it can quote names, logs and answers of others."""
        object.__setattr__(self, "text", visible(self.text))

    @property
    def group(self) -> str:
        """The group of the control: tls, auth, units, …"""
        return self.check.partition(".")[0]


@dataclass(frozen=True)
class Counts:
    """Numbers of outcomes by state."""

    passed: int = 0
    failed: int = 0
    not_checked: int = 0
    not_applicable: int = 0

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Counts:
        """Count outcomes."""
        states = [outcome.state for outcome in outcomes]
        return cls(*(states.count(state) for state in STATES))


@dataclass(frozen=True)
class Subject:
    """One verified host, as named in a report."""

    host: str
    url: str
    digest: str
    """SHA-256 of the files that its settings render, with their owners and modes."""
    registry: str
    """Version of the registry, by its settings."""
    generation: str = "not looked at from inside"
    platform: str = ""
    nginx: str = ""

    def __post_init__(self) -> None:
        """Make what the host said about itself safe to print."""
        for name in ("generation", "platform", "nginx"):
            object.__setattr__(self, name, visible(getattr(self, name)))


def _user() -> str:
    """Return the name of the user of this process, or the number of one without a name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


@dataclass(frozen=True)
class Origin:
    """Person, machine and program of a run."""

    user: str = field(default_factory=_user)
    machine: str = field(default_factory=socket.gethostname)
    holdfast: str = holdfast.__version__
    python: str = field(default_factory=platform.python_version)
    openssl: str = ssl.OPENSSL_VERSION
    inventory: str = ""
    """Paths of the inventories, as given."""
    extent: str = ""
    """Profile or controls, and the side from which hosts were looked at."""


@dataclass(frozen=True)
class Results:
    """All outcomes, in order."""

    outcomes: tuple[Outcome, ...]
    seconds: float
    subjects: tuple[Subject, ...] = ()
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    origin: Origin = field(default_factory=Origin)

    @property
    def ok(self) -> bool:
        """True if something passed and nothing failed; something may not have been checked."""
        return self.total.passed > 0 and self.total.failed == 0

    @property
    def verdict(self) -> str:
        """The result in one sentence, without a full stop."""
        total = self.total
        if total.failed:
            return "Not as it should be"
        if not total.passed:
            return "Nothing was checked"
        if total.not_checked:
            controls = f"{total.not_checked} control{'s' * (total.not_checked > 1)}"
            return f"Nothing failed, but {controls} could not be checked"
        return "All is as it should be"

    @property
    def total(self) -> Counts:
        """Outcomes of all hosts by state."""
        return Counts.of(self.outcomes)

    def of(self, host: str, state: State) -> tuple[Outcome, ...]:
        """Return the outcomes of a host in a state."""
        return tuple(one for one in self.outcomes if (one.host, one.state) == (host, state))

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The outcomes that failed."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == "failed")

    def by_host(self) -> Mapping[str, Mapping[str, Counts]]:
        """Return the counts by host and group, in order."""
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

    def reasons(self, host: str, state: State) -> Mapping[str, list[str]]:
        """Return the checks of a host in a state, by the reason."""
        found: dict[str, list[str]] = {}
        for outcome in self.of(host, state):
            found.setdefault(outcome.text, []).append(outcome.check)
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return the results as objects for `--json`."""
        return {
            "ok": self.ok,
            "verdict": self.verdict,
            "origin": asdict(self.origin),
            "seconds": round(self.seconds, 2),
            "began": self.began.isoformat(timespec="seconds"),
            "hosts": [asdict(subject) for subject in self.subjects],
            **asdict(self.total),
            "checks": [{**asdict(o), "seconds": round(o.seconds, 3)} for o in self.outcomes],
        }
