"""Evaluate what the last scrub of a host found. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.scrub.messages import sentence

from holdfast.settings import Settings

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.scrub import (
        ScrubFigures,
    )

MOST = 5
"""Lines for each kind of finding."""


def lines(found: ScrubFigures, settings: Settings, now: float) -> Iterator[tuple[str, str, str]]:
    """Yield phase, state and text of the findings."""
    within, backup = settings.scrub.within, bool(settings.backup.target)
    needed = [one for one in found["damaged"] if one["images"]]
    for one in needed[:MOST]:
        yield "scrub", "failed", sentence(one, backup)
    if len(needed) > MOST:
        text = f"{len(needed) - MOST} other blobs are damaged. See: holdfast jobs"
        yield "scrub", "failed", text
    for text in found["odd"][:MOST]:
        yield "scrub", "warning", text
    if found["overdue"]:
        text = f"{found['overdue']} of {found['blobs']} blobs were not proven within {within}"
        yield "scrub", "warning", f"{text}. Run: holdfast scrub, or raise registry_scrub_rate"
    elif not needed and not found["odd"]:
        days = max(now - found["oldest"], 0) / 86400 if found["blobs"] else 0
        yield "scrub", "ok", f"{found['blobs']} blobs, each proven in the last {days:.0f} days"
