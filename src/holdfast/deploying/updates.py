"""Evaluate the updates of the operating system that a host waits for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.patch import Waiting

OLD_DAYS = 14
"""Age of the lists of packages from which on they say little."""
SHOWN = 4
"""Number of packages that are named."""


def lines(found: Waiting | None, now: float) -> Iterator[tuple[str, str, str]]:
    """Yield the status lines about updates: security first, the age of the lists, a reboot."""
    if found is None:
        return
    days = (now - found["listed"]) / 86400
    urgent = [one["package"] for one in found["pending"] if one["security"]]
    others = len(found["pending"]) - len(urgent)
    if urgent:
        more = ", …" if len(urgent) > SHOWN else ""
        names = ", ".join(urgent[:SHOWN]) + more
        yield "updates", "warning", f"{len(urgent)} of security: {names}. Run: holdfast patch"
    if not found["listed"] or days > OLD_DAYS:
        age = f"are {days:.0f} days old" if found["listed"] else "are missing"
        yield "updates", "ok", f"apt's lists {age}. Run: holdfast patch --plan"
    elif not urgent:
        text = f"{others} pending, none of security" if others else "none pending"
        yield "updates", "ok", f"{text} (lists of {days:.0f} days ago)"
    for reason in found["reboot"]:
        yield "updates", "warning", f"{reason}. Run: holdfast patch --reboot"
