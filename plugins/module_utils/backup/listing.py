"""List the links of a store for a backup: first tags, then manifests, then what these need.

This is the reverse of the order in which a push writes. What a manifest's link names was complete
before the link was there, so the blobs that are read after this list have it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate import listing, pushes
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.gate.references import references

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        Linked,
        Tagged,
    )


@dataclass
class Listed:
    """Tags and manifests of a store, and the content of each manifest."""

    tags: list[Tagged] = field(default_factory=list)
    manifests: list[Linked] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)
    """Content by digest, also of the manifests of an index."""
    dangling: list[str] = field(default_factory=list)
    """`repository:tag` of tags whose manifest is not there."""
    broken: list[str] = field(default_factory=list)
    """`repository@digest` of manifests that cannot be read or lack a blob, and were left out."""

    def needed(self, digest: str) -> set[str]:
        """Return the digests that a manifest needs to be pulled, itself included.

        Manifests of an index whose content is not known are left out, as a push may have done.
        """
        found, waiting = {digest}, [digest]
        while waiting:
            content = self.contents.get(waiting.pop())
            if content is None:
                continue
            own = references(content)
            inner = [one for one in own.manifests if one in self.contents and one not in found]
            found.update(own.blobs, inner)
            waiting += inner
        return found

    @property
    def blobs(self) -> set[str]:
        """Digests of all blobs that the manifests need."""
        return {one for digest in self._roots for one in self.needed(digest)}

    @property
    def _roots(self) -> set[str]:
        return {one["digest"] for one in self.manifests}

    def without(self, lacking: set[str]) -> Listed:
        """Return the list without the manifests that need one of these blobs, and their tags."""
        bad = {digest for digest in self._roots if self.needed(digest) & lacking}
        broken = [_name(one) for one in self.manifests if one["digest"] in bad]
        manifests = [one for one in self.manifests if one["digest"] not in bad]
        return _with_tags(self, manifests, [*self.broken, *broken])


def listed(store: Directory, record: str) -> Listed:
    """Return the list of a store; `record` is the file of the gate with the pushes."""
    pushed = {(one["repository"], one["tag"]): one for one in pushes.read(record)}
    found = Listed()
    for name, folder in listing.repositories(store.root):
        for tag, digest in listing.tags(folder):
            push = pushed.get((name, tag))
            known = push is not None and push["digest"] == digest
            found.tags.append(
                {
                    "repository": name,
                    "tag": tag,
                    "digest": digest,
                    "time": push["time"] if push and known else None,
                    "by": push["by"] if push and known else "",
                }
            )
    for name, folder in listing.repositories(store.root):
        for digest in listing.revisions(folder):
            if _read(store, digest, found.contents):
                found.manifests.append({"repository": name, "digest": digest})
            else:
                found.broken.append(f"{name}@{digest}")
    return _with_tags(found, found.manifests, found.broken)


def still_there(store: Directory, found: Listed) -> Listed:
    """Return a list without the manifests that were deleted since, and their tags."""
    kept = [
        one
        for one in found.manifests
        if store.has(places.revision(one["repository"], one["digest"]))
    ]
    return _with_tags(found, kept, found.broken)


def _read(store: Directory, first: str, contents: dict[str, bytes]) -> bool:
    """Read a manifest and those that it names; False if the first one cannot be read."""
    waiting = [first]
    while waiting:
        digest = waiting.pop()
        if digest in contents:
            continue
        try:
            content = store.read(places.blob(digest))
            if content is None:
                continue
            waiting += references(content).manifests
            contents[digest] = content
        except (OSError, ValueError):  # no manifest, or not even a file
            continue
    return first in contents


def _with_tags(found: Listed, manifests: list[Linked], broken: list[str]) -> Listed:
    there = {(one["repository"], one["digest"]) for one in manifests}
    tags = [one for one in found.tags if (one["repository"], one["digest"]) in there]
    lost = [one for one in found.tags if (one["repository"], one["digest"]) not in there]
    dangling = [*found.dangling, *(f"{one['repository']}:{one['tag']}" for one in lost)]
    return Listed(tags, manifests, found.contents, dangling, broken)


def _name(one: Linked) -> str:
    return f"{one['repository']}@{one['digest']}"
