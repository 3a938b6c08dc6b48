"""Keep what one list of a bucket shows of a store: repositories, blobs, and the trash."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator

from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    Item,
    Look,
    Repository,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_pool import Version
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

Tagged = Callable[[str, list[str]], list[str]]
"""Read the digests of a repository's tags."""
_PART = re.compile(
    r"repositories/(?P<name>.+?)/(?:_layers/(?P<layer>[a-z0-9]+/[0-9a-f]+)/link"
    r"|_manifests/revisions/(?P<revision>[a-z0-9]+/[0-9a-f]+)/link"
    r"|_manifests/tags/(?P<tag>[^/]+)/current/link)"
)


class Listed(Repository):
    """A repository as it was listed."""

    def __init__(self, name: str, tagged: Tagged) -> None:
        self.name, self._tagged = name, tagged
        self.found: list[str] = []
        self.names: list[str] = []
        self.layers: dict[str, Item] = {}

    def revisions(self) -> Iterator[str]:
        """Yield the digests of its manifests."""
        return iter(self.found)

    def tags(self) -> Iterator[tuple[str, str]]:
        """Yield name and digest of each tag; a damaged one is left out."""
        names = [name for name in self.names if places.TAG.fullmatch(name)]
        for name, digest in zip(names, self._tagged(self.name, names), strict=True):
            if places.known(digest):
                yield name, digest

    def links(self, without: Container[str] = ()) -> Iterator[tuple[Item, str]]:
        """Yield the link to each blob, with the blob's digest; not to those without."""
        return ((one, digest) for digest, one in self.layers.items() if digest not in without)


class ListedObjects(Look):
    """Store and trash at the time of a list. In the trash is what was deleted last."""

    def __init__(self, found: Iterable[list[Version]], root: str, tagged: Tagged) -> None:
        """Sort versions: `found` are those of each key below `root`, the latest first."""
        self._tagged = tagged
        self._repositories: dict[str, Listed] = {}
        self._blobs: dict[str, Item] = {}
        self._trashed: list[Item] = []
        for some in found:
            self._add(some[0].key.removeprefix(root), some)

    def repositories(self) -> Iterable[Repository]:
        """Return the repositories; a registry without an image has none."""
        return self._repositories.values()

    def blobs(self, without: Container[str] = ()) -> Iterator[tuple[Item, str]]:
        """Yield each blob with its digest, except some; other files are left out, too."""
        return ((one, digest) for digest, one in self._blobs.items() if digest not in without)

    def trashed(self) -> Iterator[Item]:
        """Yield all that is in the trash."""
        return iter(self._trashed)

    def _add(self, place: str, some: list[Version]) -> None:
        first = some[0]
        if first.marker:
            size = next((one.size for one in some if not one.marker), 0)
            self._trashed.append(Item(place, size, first.time))
            return
        blob, part = digests.of_path(place) or "", _PART.fullmatch(place)
        if places.known(blob) and places.blob(blob) == place:
            self._blobs[blob] = Item(place, first.size, first.time)
        elif part and places.REPOSITORY.fullmatch(part["name"]):
            self._link(part, Item(place, first.size, first.time))

    def _link(self, part: re.Match[str], item: Item) -> None:
        name = part["name"]
        own = self._repositories.setdefault(name, Listed(name, self._tagged))
        digest = (part["layer"] or part["revision"] or "").replace("/", ":")
        if part["tag"]:
            own.names.append(part["tag"])
        elif places.known(digest):
            if part["layer"]:
                own.layers[digest] = item
            else:
                own.found.append(digest)
