"""Evaluate token signing keys and expiring robots for `holdfast status`. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from holdfast import limits
from holdfast.settings import Settings

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.report import Status


def lines(settings: Settings, seen: Status) -> Iterator[tuple[str, str, str]]:
    """Yield (phase, state, text), as holdfast.deploying.status does."""
    auth, keys = settings.auth.token, seen["keys"]
    if auth is None or keys is None:
        return
    others = keys["trusted"] - 1
    if others > 0 and not auth.signing_key:
        left = max(0.0, keys["seconds_left"])
        when = f"for another {left:.0f} s" if left else "though no token of it can be left"
        text = f"one signs, {others} old one{'s are' if others > 1 else ' is'} trusted {when}"
        yield "keys", "ok", f"{text}. Next: holdfast key rotate --finish"
    elif keys["trusted"]:
        yield "keys", "ok", "one signs"
    for robot in auth.robots:
        days = (robot.until - seen["time"]) / 86400
        if days < limits.ROBOT_DAYS:
            word = f"{days:.0f} days are left" if days > 0 else "it has expired"
            todo = f"Run: holdfast robot renew {robot.name}"
            text = f"robot {robot.name}: {word} ({robot.expires}). {todo}"
            yield "robots", "warning", text
