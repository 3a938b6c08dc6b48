"""Find what of a removal's plan is on the host, as texts for people."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.hardening import parts
from ansible_collections.holdfast.registry.plugins.module_utils.removal import (
    accounts,
    clearing,
    planning,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import paths

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.removal import (
        RemovalPlan,
        Removed,
    )

NAMES = {"images": clearing.IMAGES, "backups": clearing.BACKUPS}
"""Entries of ours in a directory, by word; the other words stand for whole directories."""


def look(plan: RemovalPlan, also: list[str]) -> Removed:
    """Return texts about what of a plan is there and would go, and about what would stay."""
    return {"gone": list(_gone(plan, also)), "stays": list(_stays(plan, also))}


def stay(plan: RemovalPlan, also: list[str]) -> list[str]:
    """Return the directories that stay and are there; with them stays the note about them."""
    found = [path for word in planning.WORDS if word not in also for path in there(plan, word)]
    return [*found, planning.NOTE] if found else []


def there(plan: RemovalPlan, word: str) -> list[str]:
    """Return the directories of a word that have something of ours."""
    signs = {"images": clearing.IMAGES, "backups": clearing.BACKUPS[-1:]}.get(word, ("",))
    return [
        path
        for path in plan["kept"][word]
        if any(os.path.lexists(os.path.join(path, name)) for name in signs)
    ]


def masks(plan: RemovalPlan) -> list[str]:
    """Return the paths of masks that are there."""
    found = [f"{paths.SYSTEM}/{name}.service" for name in plan["masked"]]
    return [path for path in found if os.path.islink(path) and os.readlink(path) == os.devnull]


def links(plan: RemovalPlan) -> list[str]:
    """Return the links of ours that are there; a file in place of one is somebody's."""
    return [
        path
        for path, target in plan["links"].items()
        if os.path.islink(path)
        and (os.readlink(path) == target or os.readlink(path).startswith(f"{paths.ETC}/"))
    ]


def settings() -> list[str]:
    """Return the names of the parts of the hardening that are there."""
    return [
        name
        for name, part in parts.PARTS.items()
        if (part.place and os.path.lexists(part.place)) or part.there()
    ]


def stamps(plan: RemovalPlan) -> list[str]:
    """Return systemd's notes about the last runs of our timers."""
    names = [name for name in plan["units"] if name.endswith(".timer")]
    return [path for name in names if os.path.lexists(path := f"{planning.STAMPS}/stamp-{name}")]


def _gone(plan: RemovalPlan, also: list[str]) -> Iterator[str]:
    units = sorted(os.path.basename(path) for path in links(plan))
    kept = stay(plan, also)
    rows = {
        "links of units and files": units,
        "masks": [os.path.basename(path) for path in masks(plan)],
        "settings of the host": settings(),
        "times of timers": [os.path.basename(path) for path in stamps(plan)],
        "metrics": [path for path in plan["metrics"] if os.path.lexists(path)],
        "directories": [path for path in plan["directories"] if clearing.rest(path, kept)],
        "users": accounts.present(plan["users"]),
        **{word: there(plan, word) for word in planning.WORDS if word in also},
    }
    for what, found in rows.items():
        if found:
            yield f"{what}: {', '.join(found)}"


def _stays(plan: RemovalPlan, also: list[str]) -> Iterator[str]:
    for word in planning.WORDS:
        found = [] if word in also else there(plan, word)
        if found:
            yield f"{word} in {', '.join(found)}. To remove them, too: --with {word}"
    if plan["elsewhere"]:
        yield f"{', '.join(plan['elsewhere'])}: on another machine, remove it there"
    for name in accounts.foreign(plan["users"]):
        yield f"user {name}: has a home or a shell that holdfast did not give it"
    if plan["packages"]:
        yield f"packages {', '.join(plan['packages'])}: other programs may need them"
