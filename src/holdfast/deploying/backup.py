"""Evaluate the age of a host's last backup and of its last proof. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from holdfast import durations
from holdfast.settings import Settings

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.jobs import JobState


def lines(
    settings: Settings, states: Iterable[JobState], now: float
) -> Iterator[tuple[str, str, str]]:
    """Yield phase, state and text of the last backup, and of the last drill without a problem."""
    if settings.backup.target is None:
        return
    last = {one["name"]: one["last"] for one in states}
    for name, what, done, todo in (
        ("backup", "backup", "made", "Run: holdfast backup"),
        ("drill", "proven backup", "proven", "Run: holdfast drill"),
    ):
        record = last.get(name)
        # A drill that found something has proven nothing.
        good = record["good"] if record and _counts(name, record["result"]) else 0.0
        problem = overdue(settings, what, good, now)
        if problem:
            yield "backup", "warning", f"{problem}. {todo}"
        else:
            hours = max(now - good, 0.0) / 3600
            yield "backup", "ok", f"{done} {hours:.0f} h ago, {settings.backup.target}"


def overdue(settings: Settings, what: str, good: float, now: float) -> str:
    """Return what is wrong with the time of the last backup or proof; "" if nothing is."""
    if not good:
        return f"no {what} yet"
    if now - good <= durations.seconds(settings.backup.within):
        return ""
    days = (now - good) / 86400
    return (
        f"the last {what} is {days:.0f} days old, expected one within {settings.backup.within}"
        " (registry_backup_within)"
    )


def _counts(name: str, result: str) -> bool:
    return name == "backup" or result != "warning"
