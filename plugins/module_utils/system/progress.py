"""Record the steps of a deploy, and describe its failure."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.system import foreign_text

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.events import Event


class StepError(Exception):
    """A step failed; message and lines explain it.

    `wrong_input` is true if the request names what the host does not have.
    """

    refused = False
    """True if nothing was begun."""

    def __init__(
        self, message: str, lines: list[str] | None = None, *, wrong_input: bool = False
    ) -> None:
        self.wrong_input = wrong_input
        self.message = foreign_text.visible(message)
        self.lines = [foreign_text.visible(line) for line in lines or []]
        super().__init__(self.message)


def as_step(error: Exception) -> StepError:
    """Return a StepError for any error, such as one of a full disk."""
    if isinstance(error, StepError):
        return error
    if isinstance(error, OSError) and error.strerror:
        return StepError(f"{error.filename or 'the system'}: {error.strerror}")
    return StepError(str(error) or type(error).__name__)


class Log:
    """Events for the person who deploys: one for each phase, with its duration in seconds."""

    def __init__(self, observe: Callable[[str], None] | None = None) -> None:
        self.events: list[Event] = []
        self._observe = observe
        self._mark = time.monotonic()

    def step(self, name: str) -> None:
        """Report the end of a step to the observer, if there is one."""
        if self._observe:
            self._observe(name)

    def add(self, phase: str, state: str, text: str) -> None:
        """Add an event: a phase ended in a state (ok, changed, warning or failed)."""
        now = time.monotonic()
        seconds = round(now - self._mark, 2)
        event: Event = {
            "phase": phase,
            "state": state,
            "text": foreign_text.visible(text),
            "seconds": seconds,
        }
        self.events.append(event)
        self._mark = now
