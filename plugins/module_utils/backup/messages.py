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


def damaged(digest: str) -> str:
    """Return that a blob of a backup has wrong content."""
    return (
        f"{digest}: expected the content of this digest in the backup, found another one. Run:"
        " holdfast scrub; then: holdfast backup"
    )


def lacking(image: str, blob: str) -> str:
    """Return that a backup does not have all of an image."""
    return f"{image}: expected all its blobs in the backup, {blob} is missing. Run: holdfast backup"


def unservable(image: str, error: str) -> str:
    """Return that a registry over restored files does not serve an image."""
    return (
        f"{image}: expected to pull it from the restored files, got: {error}. Run: holdfast deploy;"
        " then: holdfast drill"
    )


def not_restored(image: str) -> str:
    """Return that a restore left out an image."""
    return (
        f"{image}: expected all its blobs in the backup, some are missing or damaged, and it is not"
        " restored. Push it again, or take an older snapshot: --snapshot '?' lists them"
    )
