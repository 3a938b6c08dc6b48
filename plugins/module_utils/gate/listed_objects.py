"""Keep what one list of a bucket shows of a store: repositories, blobs, and the trash."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator

from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    Item,
    Look,
    Named,
    Repository,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_pool import Version
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

Tagged = Callable[[str, list[str]], list[str]]
"""Read the digests of a repository's tags."""
_NAME = r"repositories/(?P<name>.+?)/"
_LAYER = r"_layers/(?P<layer>[a-z0-9]+/[0-9a-f]+)/link"
_REVISION = r"_manifests/revisions/(?P<revision>[a-z0-9]+/[0-9a-f]+)/link"
_TAG = r"_manifests/tags/(?P<tag>[^/]+)/current/link"
_PART = re.compile(f"{_NAME}(?:{_LAYER}|{_REVISION}|{_TAG})")
REVISION, TAG = re.compile(_NAME + _REVISION), re.compile(_NAME + _TAG)
"""Places of the link to a manifest, and of the one that makes a tag."""


def digest_of(path: str) -> str:
    """Return the digest in a path, as `sha256/0123`."""
    return path.replace("/", ":")


class Listed(Repository):
    """A repository as it was listed."""

    def __init__(self, name: str, tagged: Tagged) -> None:
        self.name, self._tagged = name, tagged
        self.found: dict[str, float] = {}
        self.names: dict[str, float] = {}
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

    def dated(self) -> Iterator[tuple[str, float]]:
        """Yield the digest of each manifest, and when its link changed last."""
        return iter(self.found.items())

    def named(self) -> list[Named]:
        """Return all tags by name, damaged ones too; each is read once."""
        names = sorted(self.names)
        good = [name for name in names if places.TAG.fullmatch(name)]
        digests = dict(zip(good, self._tagged(self.name, good), strict=True))
        return [Named(name, digests.get(name, ""), self.names[name]) for name in names]

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

    def blob_size(self, digest: str) -> int:
        """Return the bytes of a blob; 0 if it is missing."""
        found = self._blobs.get(digest)
        return found.size if found else 0

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
        digest = digest_of(part["layer"] or part["revision"] or "")
        if part["tag"]:
            own.names[part["tag"]] = item.time
        elif places.known(digest):
            if part["layer"]:
                own.layers[digest] = item
            else:
                own.found[digest] = item.time
