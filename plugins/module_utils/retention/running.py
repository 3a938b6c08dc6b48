"""Give one run of a retention its store, its plan, and the reason for which nothing can go."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import Store
from ansible_collections.holdfast.registry.plugins.module_utils.retention.planning import (
    ClockError,
    Planning,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import Job
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.retention import (
        RetentionConfig,
        RetentionPlan,
    )


@dataclass(frozen=True)
class Retention:
    """Configuration and store of one run."""

    config: RetentionConfig
    store: Store
    for_ever: bool = False
    """True to remove tags where the store has no trash."""

    @property
    def job(self) -> Job:
        """Job with the places of its results."""
        return Job("retention", self.config["metrics"], self.config["records"])

    def planning(self, only: str = "") -> Planning:
        """Return a planning, of all repositories or of one."""
        known = self.job.last
        last = known["good"] if known else 0.0
        return Planning(self.config, self.store, time.time(), last, only)

    def planned(self, only: str = "") -> RetentionPlan:
        """Return a plan. Raises StepError if the clock cannot be trusted."""
        try:
            return self.planning(only).plan()
        except ClockError as error:
            raise StepError(f"retention: {error}") from error

    def digest(self, repository: str, tag: str) -> str:
        """Return the digest of a tag; "" if there is none.

        Raises StepError for names that cannot be used.
        """
        try:
            return self.store.tagged(repository, tag)
        except ValueError as error:
            raise StepError(f"retention: {error}. Give REPO:TAG", wrong_input=True) from error

    def refusal(self) -> str:
        """Return why nothing can be taken away; "" if it can."""
        why = self.store.shared()
        if why or self.for_ever:
            return why
        why = self.store.refusal()
        if not why:
            return ""
        return f"{why}, or add --without-undo: then what goes is gone for ever"

    def check(self) -> None:
        """Raise StepError if nothing can be taken away."""
        why = self.refusal()
        if why:
            raise StepError(f"retention: {why}", wrong_input=True)
