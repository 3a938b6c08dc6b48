"""What there is to say of tokens: the keys that sign them, and robots whose time is over. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from holdfast.settings import Settings
from holdfast.settings.auth import Token

ROBOT_DAYS = 14
"""With fewer days than this, a robot's end is told of."""


def lines(settings: Settings, seen: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield phase, state and text, as holdfast.deploying.status does."""
    auth, keys = settings.auth, seen["keys"]
    if not isinstance(auth, Token) or keys is None:
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
        if days < ROBOT_DAYS:
            word = f"{days:.0f} days are left" if days > 0 else "its time is over"
            text = f"robot {robot.name}: {word} ({robot.expires}). Run: holdfast robot renew"
            yield "robots", "warning", f"{text} {robot.name}"
