"""Take tags of a directory away, and bring them back: each is a folder, which moves by a rename."""

from __future__ import annotations

import os

from ansible_collections.holdfast.registry.plugins.module_utils.gate import listing
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    Store,
    Tags,
    Trashed,
)


class FolderTags(Tags):
    """Tags of a store in a directory."""

    def __init__(self, store: Store, trash: str) -> None:
        self._store, self._trash = store, trash

    def has(self, repository: str, name: str) -> bool:
        """Return True if the store has the tag, even a damaged one."""
        return self._store.has(places.tag(repository, name))

    def take(self, repository: str, names: list[str]) -> list[str]:
        """Move tags to the trash; return those that the store had."""
        return [one for one in names if self._store.discard([places.tag(repository, one)])]

    def restore(self, repository: str, name: str) -> bool:
        """Move a tag back from the trash; False if the trash does not have it."""
        return self._store.restore(places.tag(repository, name))

    def siblings(self, repository: str, digest: str) -> list[str]:
        """Return the tags that name a digest, in order."""
        known = self._store.repository(repository).tags()
        return sorted(name for name, one in known if one == digest)

    def trashed(self, repository: str = "", name: str = "") -> Trashed:
        """Return what is in the trash: of all repositories, of one, or one tag alone."""
        found = Trashed([], [])
        for own, folder in listing.below(os.path.join(self._trash, "repositories")):
            if repository in ("", own):
                tags = [one for one, _ in listing.tags(folder) if name in ("", one)]
                found.tags.extend((own, one) for one in tags)
                if not name:
                    found.manifests.extend((own, one) for one in listing.revisions(folder))
        return found

    def trashed_digest(self, repository: str, name: str) -> str:
        """Return the digest that a tag of the trash names; "" if it cannot be read."""
        return listing.tagged(os.path.join(self._trash, places.tag(repository, name)))
