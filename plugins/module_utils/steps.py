"""What a deploy did, step by step, and how it says that it failed."""

from __future__ import annotations

import time
from collections.abc import Callable


class StepError(Exception):
    """A step that did not succeed: what was expected, and lines that help to see why."""

    def __init__(self, message: str, lines: list[str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.lines = lines or []


def as_step(error: Exception) -> StepError:
    """Return an error of the system, a full disk say, as a step that did not succeed."""
    if isinstance(error, StepError):
        return error
    if isinstance(error, OSError) and error.strerror:
        return StepError(f"{error.filename or 'the system'}: {error.strerror}")
    return StepError(str(error) or type(error).__name__)


class Log:
    """Events for the person who deploys: one a phase, with the seconds since the last one."""

    def __init__(self, observe: Callable[[str], None] | None = None) -> None:
        self.events: list[dict[str, object]] = []
        self._observe = observe
        self._mark = time.monotonic()

    def step(self, name: str) -> None:
        """Tell the observer, if there is one, that a step is done."""
        if self._observe:
            self._observe(name)

    def add(self, phase: str, state: str, text: str) -> None:
        """Note that a phase ended in a state: ok, changed or failed."""
        now = time.monotonic()
        seconds = round(now - self._mark, 2)
        event = {"phase": phase, "state": state, "text": text, "seconds": seconds}
        self.events.append(event)
        self._mark = now
