"""Define the types of updates of the operating system: its answers."""

from __future__ import annotations

from typing import TypedDict


class Pending(TypedDict):
    """One package that has an update."""

    package: str
    old: str
    """Empty for a package that an update brings along."""
    new: str
    security: bool


class Waiting(TypedDict):
    """Updates by the lists that a host has, without a look at the network."""

    pending: list[Pending]
    listed: float
    """Time of the lists, in seconds of the epoch; 0 if there are none."""
    reboot: list[str]
    """Reasons to reboot."""


class Updates(TypedDict):
    """Answer of `patch-look`."""

    pending: list[Pending]
    """Security first."""
    reboot: list[str]
    """Reasons to reboot."""


class Patched(TypedDict):
    """Answer of `patch`."""

    installed: list[Pending]
    restarted: list[str]
    """Units of ours."""
    left: list[str]
    """Units of others that run with files which an update replaced."""
    reboot: list[str]
    """Reasons to reboot."""
