"""Word what a scrub found."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.scrub import (
        DamagedBlob,
    )

MOST_NAMED = 3
_WAIT = ", or wait for the job heal, which takes it from a backup. See: holdfast jobs"
_LOST = {
    "absent": ", and no backup has it",
    "damaged": ", and so is its copy in the backups",
    "unreadable": ", and restic cannot read its copy in the backups",
}


def sentence(one: DamagedBlob, backup: bool = False) -> str:
    """Return the effect of a damaged blob, and the next step; `backup` if the host has one."""
    images = one["images"]
    if not images:
        return f"{one['digest']} was damaged, and no image needs it"
    others = len(images) - MOST_NAMED
    named = ", ".join(images[:MOST_NAMED]) + (f" and {others} others" if others > 0 else "")
    text = f"{named} cannot be pulled, for {one['digest']} is damaged"
    if one["aside"]:
        lost = one.get("lost")
        push = f"Push {'it' if len(images) == 1 else 'them'} again"
        heals = _WAIT if backup and not lost else ""
        return f"{text}{_LOST[lost] if lost else ''}. {push}{heals}"
    return f"{text}, as many others. Look at the disk and the memory of the host"
