"""Follow what hangs on an image: manifests of an index, referrers, signatures, and subjects."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from ansible_collections.holdfast.registry.plugins.module_utils.retention import patterns
from ansible_collections.holdfast.registry.plugins.module_utils.retention.facts import (
    Repository,
    Tag,
)


class Hanging:
    """Relations of the manifests of one repository: each hangs on others, or on none."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self.following = [one for one in repository.tags if self._follows(one)]
        """Tags that have the digest of a manifest in their name: they go with it."""
        names = {one.name for one in self.following}
        self.ordinary = [one for one in repository.tags if one.name not in names]

    def _follows(self, tag: Tag) -> bool:
        subject = patterns.subject(tag.name)
        return subject in self._repository.manifests and subject != tag.digest

    @cached_property
    def below(self) -> dict[str, set[str]]:
        """Digests that hang on each digest."""
        found: dict[str, set[str]] = {one: set() for one in self._repository.manifests}
        for digest, manifest in self._repository.manifests.items():
            found[digest].update(one for one in manifest.children if one in found)
            if manifest.subject in found:
                found[manifest.subject].add(digest)
        for tag in self.following:
            if tag.digest in found:
                found[patterns.subject(tag.name)].add(tag.digest)
        return found

    def under(self, roots: Iterable[str]) -> set[str]:
        """Return all that hangs on one of the roots; a root only if it hangs on another one."""
        found: set[str] = set()
        waiting = list(roots)
        while waiting:
            new = self.below.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return found

    def subjects(self, roots: Iterable[str]) -> set[str]:
        """Return the subjects of the roots, and the subjects of those."""
        found: set[str] = set()
        waiting = list(roots)
        while waiting:
            here = self._repository.manifests.get(waiting.pop())
            if here and here.subject in self._repository.manifests and here.subject not in found:
                found.add(here.subject)
                waiting.append(here.subject)
        return found

    def with_roots(self, roots: set[str]) -> set[str]:
        """Return the digests that are kept because the roots are, without those as such."""
        above = self.subjects(roots)
        return above | self.under(roots | above)

    def loose(self) -> list[str]:
        """Return manifests without a tag that hang on nothing."""
        tagged = {one.digest for one in self._repository.tags}
        held = {one for below in self.below.values() for one in below}
        named = tagged | held
        return [one for one in self._repository.manifests if one not in named]

    def circular(self) -> set[str]:
        """Return manifests that hang only on each other, which names of tags can bring about."""
        tops = {*self.loose(), *(one.digest for one in self.ordinary)}
        return self._repository.manifests.keys() - tops - self.under(tops)
