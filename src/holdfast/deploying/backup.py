"""Evaluate the age of a host's last backup. Pure functions."""

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
    """Yield phase, state and text of the last backup that did its work."""
    if settings.backup.target is None:
        return
    last = next((one["last"] for one in states if one["name"] == "backup"), None)
    problem = overdue(settings, last["good"] if last else 0.0, now)
    if problem:
        yield "backup", "warning", f"{problem}. Run: holdfast backup"
    elif last:
        hours = max(now - last["good"], 0.0) / 3600
        yield "backup", "ok", f"made {hours:.0f} h ago, to {settings.backup.target}"


def overdue(settings: Settings, good: float, now: float) -> str:
    """Return what is wrong with the time of the last backup; "" if nothing is."""
    if not good:
        return "no backup yet"
    if now - good <= durations.seconds(settings.backup.within):
        return ""
    days = (now - good) / 86400
    return (
        f"the last backup is {days:.0f} days old, expected one within {settings.backup.within}"
        " (registry_backup_within)"
    )
