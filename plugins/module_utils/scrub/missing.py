"""List the blobs that a scrub has moved away, and that nobody has brought again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate import listing
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.jobs import JobRecord
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.scrub import (
        DamagedBlob,
        ScrubFigures,
    )


def damaged_before(last: JobRecord | None) -> list[DamagedBlob]:
    """Return the damaged blobs in the record of a scrub."""
    figures: ScrubFigures | None = last["figures"] if last else None
    return figures["damaged"] if figures else []


def missing(store: Directory, last: JobRecord | None) -> set[str]:
    """Return the damaged blobs of earlier runs that are in the store no more.

    A run that was cut has left some of them in the trash alone, and not in its record.
    """
    known = {one["digest"] for one in damaged_before(last)}
    root = os.path.join(store.trash, places.DAMAGED)
    known.update(digest for _, digest in listing.blobs(root))
    return {one for one in known if not store.has(places.blob(one))}
