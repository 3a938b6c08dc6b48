"""Format events as lines, alike for the command and for Ansible's own output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Event = Mapping[str, Any]
CHANGES = ("changed", "would change")
LOG = "log"
"""Phase of a line of a log."""
LOUD = ("failed", "unreachable", "warning")


def parts(event: Event, width: int) -> tuple[str, str, str]:
    """Return the line of an event in three parts; the middle one, its state, may be coloured.

    `width` is the number of characters of the longest host name.
    """
    phase, state, text = event["phase"], event["state"], str(event["text"])
    if event.get("seconds", 0) >= 0.1:
        text += f" ({event['seconds']:.1f} s)"
    if phase == "settings":  # such a complaint names its host, or several
        return "", "", text
    begin = f"{event['host']:<{width}}  "
    if phase in ("gate", LOG):
        return begin, f"{state}  " if state in LOUD else "", text
    return f"{begin}{phase:<13} ", f"{state:<12} ", text


def further(event: Event) -> list[str]:
    """Return the lines below the line of an event."""
    indent = "" if event["phase"] == "settings" else " " * (len(event["host"]) + 2)
    return [f"{indent}{line}" for line in event.get("lines") or []]


def whole(event: Event, width: int) -> list[str]:
    """Return all lines of an event."""
    return ["".join(parts(event, width)), *further(event)]


def changes(events: list[dict[str, Any]]) -> list[str]:
    """Return one text for each event that is a change."""
    return [f"{one['phase']}: {one['text']}" for one in events if one["state"] in CHANGES]
