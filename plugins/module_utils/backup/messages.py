"""Describe what a backup found. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        BackupFigures,
    )


def problems(figures: BackupFigures) -> list[str]:
    """Return a sentence for each image that the host has, and no backup can have."""
    return [
        f"{one} is in no new backup, for it is damaged or lacks a blob. Push it again"
        for one in figures["broken"]
    ]


def saved(figures: BackupFigures) -> str:
    """Return what a backup has, for people."""
    if figures["elsewhere"]:
        return (
            f"configuration and keys saved, and no image: those are in {figures['elsewhere']}. Save"
            " them there, see docs/backup.md"
        )
    size = f"{figures['bytes'] / 2**20:.1f} MiB"
    added = f"{figures['added'] / 2**20:.1f} MiB new"
    return f"{figures['tags']} tags, {figures['blobs']} blobs, {size}, {added}"
