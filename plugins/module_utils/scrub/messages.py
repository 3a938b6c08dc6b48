"""Word what a scrub found."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.scrub import (
        DamagedBlob,
    )

MOST_NAMED = 3


def sentence(one: DamagedBlob, backup: bool = False) -> str:
    """Return the effect of a damaged blob, and the next step; `backup` if the host has one."""
    images = one["images"]
    if not images:
        return f"{one['digest']} was damaged, and no image needs it"
    others = len(images) - MOST_NAMED
    named = ", ".join(images[:MOST_NAMED]) + (f" and {others} others" if others > 0 else "")
    text = f"{named} cannot be pulled, for {one['digest']} is damaged"
    if one["aside"]:
        push = f"Push {'it' if len(images) == 1 else 'them'} again"
        # What brings the blob back for one image brings it back for all.
        restore = f", or run: holdfast restore --only {_restorable(images[0])}" if backup else ""
        return f"{text}. {push}{restore}"
    return f"{text}, as many others. Look at the disk and the memory of the host"


def _restorable(image: str) -> str:
    """Return what a restore takes for an image: its tag, or its repository if it has none."""
    return image.partition("@")[0]
