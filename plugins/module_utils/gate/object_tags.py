"""Take tags of a bucket away, and bring them back: each is several objects.

`current/link` makes a tag visible: it goes last, and comes back last. So a tag is never there
without the rest of it, whenever a clean-up is killed.
"""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.listed_objects import (
    REVISION,
    TAG,
    digest_of,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    Store,
    Tags,
    Trashed,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage import s3_listing
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_pool import (
    Pool,
    Version,
)

Delete = Callable[[list[tuple[str, str]]], None]
"""Delete versions by key and number, or with an empty number add a marker."""


class ObjectTags(Tags):
    """Tags of a store in a bucket."""

    def __init__(self, store: Store, key: Callable[[str], str], pool: Pool, delete: Delete) -> None:
        """Use a store, with its keys of places, its pool, and its way to delete objects."""
        self._store, self._key, self._pool, self._delete = store, key, pool, delete

    def has(self, repository: str, name: str) -> bool:
        """Return True if the store has the tag."""
        return self._store.has(places.current(repository, name))

    def take(self, repository: str, names: list[str]) -> list[str]:
        """Add a delete marker to all objects of tags; return those that the store had."""
        every = self._pool.map(lambda name: self._objects(repository, name), names)
        keys = [key for some in every for key in some]
        for last in (False, True):
            self._delete([(key, "") for key in keys if _visible(key) is last])
        return [name for name, some in zip(names, every, strict=True) if any(map(_visible, some))]

    def _objects(self, repository: str, name: str) -> list[str]:
        folder = self._key(places.tag(repository, name))
        return [one.key for (one,) in s3_listing.objects(self._pool, f"{folder}/")]

    def restore(self, repository: str, name: str) -> bool:
        """Remove the markers of a tag; False if the trash does not have it."""
        folder = f"{self._key(places.tag(repository, name))}/"
        back = False
        for last in (False, True):
            due = self._marked(folder, last=last)
            while due:  # markers of several deletes lie on each other
                self._delete(due)
                due, back = self._marked(folder, last=last), back or last
        return back

    def _marked(self, folder: str, *, last: bool) -> list[tuple[str, str]]:
        """Return the markers on top of objects that have a content below them."""
        found = [some for some in s3_listing.versions(self._pool, folder) if trashed(some)]
        tops = [some[0] for some in found]
        return [(one.key, one.number) for one in tops if _visible(one.key) is last]

    def siblings(self, repository: str, digest: str) -> list[str]:
        """Return the tags that name a digest, in order: one list, and a look at each candidate."""
        # The registry notes each digest that a tag ever named in the tag's index.
        folder = f"repositories/{repository}{places.TAGS}"
        start, end = f"{self._key(folder)}/", f"/index/{digest.replace(':', '/')}/link"
        found = s3_listing.objects(self._pool, start)
        keys = [one.key.removeprefix(start) for (one,) in found]
        names = sorted(key.removesuffix(end) for key in keys if key.endswith(end))
        names = [name for name in names if places.TAG.fullmatch(name)]
        digests = self._pool.map(lambda name: self._store.tagged(repository, name), names)
        return [name for name, one in zip(names, digests, strict=True) if one == digest]

    def trashed(self, repository: str = "", name: str = "") -> Trashed:
        """Return what is in the trash: of all repositories, of one, or one tag alone."""
        below = f"{repository}/_manifests/" if repository else ""
        below += f"tags/{name}/" if name else ""
        root = self._key("repositories").removesuffix("repositories")
        found = Trashed([], [])
        for some in s3_listing.versions(self._pool, f"{root}repositories/{below}"):
            place = some[0].key.removeprefix(root)
            tag, manifest = TAG.fullmatch(place), REVISION.fullmatch(place)
            if tag and trashed(some):
                found.tags.append((tag["name"], tag["tag"]))
            elif manifest and trashed(some) and places.known(digest_of(manifest["revision"])):
                found.manifests.append((manifest["name"], digest_of(manifest["revision"])))
        return found

    def trashed_digest(self, repository: str, name: str) -> str:
        """Return the digest that a tag of the trash names; "" if it cannot be read."""
        return places.linked(self._store.read(places.current(repository, name)))


def trashed(found: list[Version]) -> Version | None:
    """Return the newest content of an object in the trash; None if it is not there."""
    if not found or not found[0].marker:
        return None
    return next((one for one in found if not one.marker), None)


def _visible(key: str) -> bool:
    return key.endswith(f"/{places.CURRENT}")
