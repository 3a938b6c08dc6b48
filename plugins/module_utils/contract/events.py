"""Define the types of events, and of what a task reports to the command line."""

from __future__ import annotations

from typing import TypedDict


class EventLine(TypedDict):
    """One event of progress, for a person."""

    phase: str
    state: str
    """ok, changed, would change, copying, warning or failed."""
    text: str


class Event(EventLine, total=False):
    """One event, with further lines or its duration."""

    lines: list[str]
    seconds: float
