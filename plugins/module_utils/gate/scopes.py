"""List what the repositories of a quota use, from a store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.patterns import covers
from ansible_collections.holdfast.registry.plugins.module_utils.gate.references import closure
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    Look,
    Repository,
    Store,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.usage import Item, Usage

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import Patterns

REST = 20.0
"""Time between two lists for one refused push, in times of how long the last one took."""
MOST_SIZES = 200_000
"""Maximum number of sizes that one list remembers: layers are shared by many images."""


class Scope:
    """Usage of the repositories that the patterns of a quota match."""

    def __init__(self, store: Store, patterns: Patterns) -> None:
        self.usage = Usage()
        self._store, self._patterns = store, patterns
        self._changed: set[str] | None = None
        self._next = 0.0

    def covers(self, repository: str) -> bool:
        """Return True if a repository is in the scope."""
        return covers(self._patterns, repository)

    def changed(self, repository: str) -> None:
        """Note that something was deleted: the repository is listed again at the next need."""
        if self._changed is not None:
            self._changed.add(repository)

    def refresh(self) -> None:
        """List what is not known: all repositories at first, then those that have changed."""
        if self._changed is None:
            self.list_all()
        elif self._changed:
            self._list(map(self._store.repository, self._changed))
            self._changed = set()

    def list_all(self, look: Look | None = None) -> bool:
        """List all repositories, from a list if one is given; return False if done just now."""
        begun = time.monotonic()
        if begun < self._next:
            return False
        found = [
            one for one in (look or self._store.look()).repositories() if self.covers(one.name)
        ]
        for name in self.usage.repositories - {one.name for one in found}:
            self.usage.forget(name)
        self._list(found)
        self._changed = set()
        self._next = time.monotonic() + REST * (time.monotonic() - begun)
        return True

    def _list(self, repositories: Iterable[Repository]) -> None:
        """Count again what repositories have."""
        size = lru_cache(maxsize=MOST_SIZES)(partial(size_of, self._store))
        for one in repositories:
            name = one.name
            self.usage.forget(name)
            for digest in one.revisions():
                item = self._item(name, digest, size)
                if item is not None:
                    self.usage.store(item)
            for tag, digest in one.tags():
                self.usage.store(Item(name, digest, tag, {}))

    def _item(self, name: str, digest: str, size: Callable[[str], int]) -> Item | None:
        """Return a manifest of the store; None if it cannot be read."""
        try:
            content = self._store.read(places.blob(digest))
            sizes = None if content is None else _sizes(self._store, content, size)
        except (OSError, ValueError):
            return None
        return None if sizes is None else Item(name, digest, "", {**sizes, digest: size(digest)})


def item_of(store: Store, repository: str, reference: str, digest: str, content: bytes) -> Item:
    """Return what a manifest uses. Raises ValueError if it cannot be read."""
    sizes = _sizes(store, content, partial(size_of, store))
    tag = "" if ":" in reference else reference
    return Item(repository, digest, tag, {**sizes, digest: len(content)})


def size_of(store: Store, digest: str) -> int:
    """Return the bytes of a blob; 0 if it is missing."""
    return store.size(places.blob(digest)) if places.known(digest) else 0


def _sizes(store: Store, content: bytes, size: Callable[[str], int]) -> dict[str, int]:
    """Return the bytes of all that a manifest needs, by digest. Raises ValueError."""
    _, needed = closure(content, lambda one: store.read(places.blob(one)))
    return {one: size(one) for one in needed}
