"""Define the types of jobs: the record of a run, and the state that a host reports."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

Result = Literal["running", "ok", "warning", "failed"]


class JobRecord(TypedDict):
    """Record of the last run of a job, as the host keeps it. Times are in seconds since 1970."""

    begun: float
    ended: float | None
    """None while it runs, and for ever if it was killed."""
    result: Result
    """`warning`: it did its work, and found something to look at."""
    problem: str
    figures: Any
    """Figures of the last run that did its work; None before the first."""
    good: float
    """Begin of the last run that did its work; 0 before the first."""


class JobState(TypedDict):
    """State of a job of a host."""

    name: str
    timed: bool
    """False if only a person starts it."""
    running: bool
    next: float | None
    """Time of the next run; None if there is none, or it is not known."""
    last: JobRecord | None
    """None before the first run."""
    unit: str
    """Result of its unit as systemd has it: `success`, `timeout`, `oom-kill`."""


class JobOrder(TypedDict):
    """Order to start a job, or to look at one."""

    name: str
    everything: bool
    """True for a scrub that is to prove all blobs."""
