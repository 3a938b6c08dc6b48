"""Count the bytes and tags that repositories use. A blob counts once, whoever needs it.

What is being pushed is held until the registry has answered, so that pushes beside each other
cannot exceed a limit together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Amounts(NamedTuple):
    """Bytes and number of tags."""

    bytes: int
    tags: int


class Item(NamedTuple):
    """A manifest with what it needs, and its tag."""

    repository: str
    digest: str
    tag: str
    """"" for a manifest without one."""
    sizes: Mapping[str, int]
    """Bytes of all that it needs, itself included, by digest."""


class Usage:
    """Manifests and tags that are stored or being pushed. The caller holds a lock."""

    def __init__(self) -> None:
        self._needed: Counter[str] = Counter()
        self._sizes: dict[str, int] = {}
        self._tagged: Counter[tuple[str, str]] = Counter()
        self._manifests: dict[str, dict[str, tuple[str, ...]]] = {}
        self._tags: dict[str, set[str]] = {}
        self._bytes = 0

    @property
    def amounts(self) -> Amounts:
        """Amounts of all that is stored or being pushed."""
        return Amounts(self._bytes, len(self._tagged))

    @property
    def repositories(self) -> set[str]:
        """Names of the repositories that hold something."""
        return set(self._manifests)

    def added(self, item: Item) -> Amounts:
        """Return what an item would add."""
        new = sum(size - self._sizes.get(one, 0) for one, size in item.sizes.items())
        tag = bool(item.tag) and (item.repository, item.tag) not in self._tagged
        return Amounts(new, int(tag))

    def hold(self, item: Item) -> None:
        """Count an item that is being pushed."""
        for digest, size in item.sizes.items():
            self._take(digest, size)
        if item.tag:
            self._tagged[item.repository, item.tag] += 1

    def release(self, item: Item) -> None:
        """Count an item no longer that is not being pushed any more."""
        self._drop(item.sizes)
        if item.tag:
            self._untag(item.repository, item.tag)

    def store(self, item: Item) -> None:
        """Count an item as stored, once, however often it is stored."""
        known = self._manifests.setdefault(item.repository, {})
        if item.sizes and item.digest not in known:
            for digest, size in item.sizes.items():
                self._take(digest, size)
            known[item.digest] = tuple(item.sizes)
        tags = self._tags.setdefault(item.repository, set())
        if item.tag and item.tag not in tags:
            tags.add(item.tag)
            self._tagged[item.repository, item.tag] += 1

    def forget(self, repository: str) -> None:
        """Count nothing as stored in a repository, such as before it is listed again."""
        for digests in self._manifests.pop(repository, {}).values():
            self._drop(digests)
        for tag in self._tags.pop(repository, set()):
            self._untag(repository, tag)

    def _take(self, digest: str, size: int) -> None:
        self._needed[digest] += 1
        # One that was missing when it was counted first may be there now.
        self._bytes += size - self._sizes.get(digest, 0)
        self._sizes[digest] = size

    def _drop(self, digests: Iterable[str]) -> None:
        for digest in digests:
            self._needed[digest] -= 1
            if not self._needed[digest]:
                del self._needed[digest]
                self._bytes -= self._sizes.pop(digest)

    def _untag(self, repository: str, tag: str) -> None:
        self._tagged[repository, tag] -= 1
        if not self._tagged[repository, tag]:
            del self._tagged[repository, tag]
