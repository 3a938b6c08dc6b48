"""Bring tags and manifests back from the trash."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate.control import Cycle
from ansible_collections.holdfast.registry.plugins.module_utils.gate.pushes import taken
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import Store

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import (
        Push,
        Pushed,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.retention import Undone


def undo(cycle: Cycle, store: Store, record: Iterable[Push], only: tuple[str, str]) -> Undone:
    """Bring tags and manifests back from the trash; `only` is a repository and a tag, or ""."""
    pushes = list(record)
    known, before = taken(pushes), _before(pushes)
    done: Undone = {"tags": [], "kept": []}
    found = store.tags.trashed(*only)
    for repository, tag in sorted(found.tags):
        # In a bucket, what clients have deleted themselves is in the trash, too.
        if store.DISTANT and (repository, tag) not in known:
            continue
        digest = store.tags.trashed_digest(repository, tag)
        if store.DISTANT and digest != known[repository, tag]["replaced"]:
            continue
        pushed = before.get((repository, tag, digest)) if store.DISTANT else None
        good = bool(digest) and cycle.bring_back(repository, digest, tag, pushed)
        done["tags" if good else "kept"].append(f"{repository}:{tag}")
    for repository, digest in found.manifests:
        if not store.DISTANT or (repository, digest) in known:
            cycle.bring_back(repository, digest)
    return done


def _before(pushes: Iterable[Push]) -> dict[tuple[str, str, str], Pushed]:
    """Return when tags were pushed that were taken away: what they are to have again.

    If nobody knows, the time at which they were taken away: too late keeps a tag for longer.
    """
    found: dict[tuple[str, str, str], Pushed] = {}
    for one in pushes:
        pushed: Pushed = {"time": one["time"], "by": one["by"]}
        if one["digest"]:
            found[one["repository"], one["tag"], one["digest"]] = pushed
        else:
            found.setdefault((one["repository"], one["tag"], one["replaced"]), pushed)
    return found
