"""Evaluate what is used of a host's quotas. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate.patterns import listed, shown

from holdfast import limits

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.cleanup import (
        GcFigures,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import QuotaUsed
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.jobs import JobState


def lines(states: Iterable[JobState]) -> Iterator[tuple[str, str, str]]:
    """Yield phase, state and text of each quota, as the last clean-up counted it."""
    last = next((one["last"] for one in states if one["name"] == "gc"), None)
    figures: GcFigures | None = last["figures"] if last else None
    # A record of an earlier version has none.
    for one in figures.get("quotas", []) if figures else []:
        parts, share = _parts(one)
        text = f"{listed(one['repositories'])}: {', '.join(parts)}, at the last clean-up"
        if share < limits.QUOTA_SHARE:
            yield "quotas", "ok", text
        else:
            yield "quotas", "warning", f"{text}. Delete images, or raise {one['rule']}"


def _parts(one: QuotaUsed) -> tuple[list[str], float]:
    """Return what is used of each limit as text, and the largest share."""
    found, share = [], 0.0
    if one["most_bytes"] is not None:
        found.append(f"{shown(one['bytes'])} of {shown(one['most_bytes'])}")
        share = one["bytes"] / max(one["most_bytes"], 1)
    if one["most_tags"] is not None:
        found.append(f"{one['tags']} of {one['most_tags']} tags")
        share = max(share, one["tags"] / max(one["most_tags"], 1))
    return found, share
