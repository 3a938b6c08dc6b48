"""All controls of the host, and the selection that is active with given settings."""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import cache

from holdfast.hardening.control import Control, Profile, Scope
from holdfast.hardening.controls import GROUPS

CONTROLS: tuple[Control, ...] = tuple(one for group in GROUPS for one in group)
"""All controls, by group."""

_SCOPES: dict[Profile, tuple[Scope, ...]] = {
    "off": (),
    "registry-only": ("registry-only",),
    "host": ("registry-only", "host"),
}


@cache
def control(name: str) -> Control | None:
    """Return the control with an id; None if there is none."""
    return next((one for one in CONTROLS if one.id == name), None)


def in_force(profile: Profile, exceptions: Container[str] = ()) -> Iterator[Control]:
    """Yield the controls of a profile without exceptions, in the order of the catalogue."""
    for one in CONTROLS:
        if one.scope in _SCOPES[profile] and one.id not in exceptions:
            yield one
