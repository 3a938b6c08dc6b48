"""Define the types of the figures of a host: the plan, and what is kept between two starts."""

from __future__ import annotations

from typing import TypedDict


class Counts(TypedDict, total=False):
    """Counters of requests."""

    totals: dict[str, list[tuple[list[str], int]]]
    """Label values and value of each sample, by name of the counter."""
    durations: dict[str, tuple[list[int], float]]
    """Number of requests in each interval, and sum of the seconds, by route."""


class Mark(TypedDict):
    """Place in a file of the log up to which it is counted."""

    inode: int
    first: str
    """SHA-256 of its first line: it stays when the file is renamed or compressed."""
    offset: int


class TaskCount(TypedDict):
    """Failures of a job."""

    begun: float
    """Begin of the last failed run that was counted."""
    failures: int


class Kept(TypedDict):
    """State of the program: written atomically, so that marks and counters belong together."""

    marks: list[Mark]
    counts: Counts
    tasks: dict[str, TaskCount]


class FactsPlan(TypedDict):
    """Plan of the program, as the generation has it. Without secrets."""

    log: str
    """Path of the access log."""
    metrics: str
    """Directory of the jobs' metrics."""
    records: str
    """Directory of the records of jobs."""
    late: dict[str, float]
    """Seconds after the last success from which a job is late, by job."""
    info: dict[str, str]
    """Labels of `holdfast_info`, without the generation."""
    certificate_warn_seconds: float
    """Seconds before the end of a certificate from which on somebody should look."""
    robots: dict[str, float]
    """Times at which robots' secrets expire."""
    token: bool
    """True if a token is required."""
