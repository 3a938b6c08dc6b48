"""Look for images that a deploy would make unreachable, before anything is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.storage import backends, revisions
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_client import (
    RefusedError,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import (
        Manifest,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        ExamineOrder,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
        ImagesFound,
        Scanned,
        StorageSecrets,
    )

READABLE = ("filesystem", "s3")
"""Drivers whose storage the host can read by itself."""


def look(
    wanted: ExamineOrder, serving: Manifest, secrets: StorageSecrets, *, reached: bool
) -> ImagesFound:
    """Return the images that would be hidden by mirrors, or not served by the wanted version.

    Only what changes is looked for: new mirrors, and a new version or another storage. Nothing is
    looked for unless the storage was `reached`.
    """
    storage, question = wanted["storage"], wanted["images"]
    mirrors = [name for name in question["mirrors"] if not _is_mirror(name, serving)]
    old = question["old"] and _changes(wanted, serving)
    nothing: ImagesFound = {"hidden": {}, "old": None}
    if not reached or storage["driver"] not in READABLE or not (mirrors or old):
        return nothing
    try:
        place = backends.opened(storage, secrets)
        found: ImagesFound = {
            "hidden": {name: revisions.hidden(place, name) for name in mirrors},
            "old": revisions.of_schema_1(place) if old else None,
        }
        place.close()
    except RefusedError:
        return {**nothing, "old": _unseen() if old else None}
    return found


def _changes(wanted: ExamineOrder, serving: Manifest) -> bool:
    """Return True if the images were served by another major version, or not here."""
    before = serving.get("expect", {}).get("storage")
    same_place = before is not None and before["place"] == wanted["storage"]["place"]
    major = wanted["version"].partition(".")[0]
    return not (same_place and serving.get("version", "").partition(".")[0] == major)


def _is_mirror(name: str, serving: Manifest) -> bool:
    """Return True if what serves has a mirror at this path."""
    probe = serving.get("expect", {}).get("probe")
    mirrors = probe["mirrors"] if probe else []
    return any(one["path"] == f"/v2/{name}/" for one in mirrors)


def _unseen() -> Scanned:
    return {"images": {"first": [], "count": 0}, "looked": 0, "complete": False}
