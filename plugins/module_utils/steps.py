"""What a deploy did, step by step, and how it says that it failed."""

from __future__ import annotations

import time


class StepFailed(Exception):
    """A step that did not succeed: what was expected, and lines that help to see why."""

    def __init__(self, message: str, lines: list[str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.lines = lines or []


class Log:
    """Events for the person who deploys: one a phase, with the seconds since the last one."""

    def __init__(self) -> None:
        self.events: list[dict[str, object]] = []
        self._mark = time.monotonic()

    def add(self, phase: str, state: str, text: str, lines: list[str] | None = None) -> None:
        """Note that a phase ended in a state: ok, changed or failed."""
        now = time.monotonic()
        self.events.append(
            {
                "phase": phase,
                "state": state,
                "text": text,
                "lines": lines or [],
                "seconds": round(now - self._mark, 2),
            }
        )
        self._mark = now
