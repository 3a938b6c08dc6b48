"""Rank tags by push time, creation time or version, each among those of its group."""

from __future__ import annotations

import bisect
from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.retention import patterns, versions
from ansible_collections.holdfast.registry.plugins.module_utils.retention.facts import (
    Repository,
    Tag,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.retention import (
        KeepLine,
    )


class Ranking:
    """The ranks of a pool of tags, for one line of `keep` with `newest`."""

    def __init__(
        self, line: KeepLine, drop: Sequence[str], repository: Repository, pool: Iterable[Tag]
    ) -> None:
        self._number, self._by = line["newest"], line.get("by", "pushed")
        self._per, self._drop, self._repository = line.get("per"), drop, repository
        groups: dict[Hashable, list[Any]] = {}
        for tag in pool:
            rank = self._rank(tag)
            if rank is not None:
                groups.setdefault(self._group(tag), []).append(rank)
        self._floating: dict[Hashable, set[versions.Version]] = {}
        if self._by == "version":
            self._floating = {group: versions.floating(ranks) for group, ranks in groups.items()}
            groups = {
                group: [one.key for one in ranks if one not in self._floating[group]]
                for group, ranks in groups.items()
            }
        self._sorted = {group: sorted(ranks) for group, ranks in groups.items()}

    def holds(self, tag: Tag) -> bool:
        """Return True if fewer tags than the number are newer than a tag. Equal ones are not."""
        rank, group = self._rank(tag), self._group(tag)
        if rank is None:
            # A tag that is no version has no place among versions; a time is only not known.
            return self._by != "version"
        if self._by == "version":
            floats = rank in self._floating.get(group, ())
            rank = rank.newest if floats else rank.key
        ranks = self._sorted.get(group, [])
        return len(ranks) - bisect.bisect_right(ranks, rank) < self._number

    def _rank(self, tag: Tag) -> Any:
        if self._by == "version":
            return self._version(tag)
        if self._by == "created":
            manifest = self._repository.manifests.get(tag.digest)
            return manifest.created if manifest else None
        return tag.pushed

    def _version(self, tag: Tag) -> versions.Version | None:
        text = self._named("version", tag)
        return versions.version(tag.name if text is None else text)

    def _group(self, tag: Tag) -> Hashable:
        if self._per is None:
            return None
        if self._per in ("major", "minor"):
            found = self._version(tag)
            return found.first(1 if self._per == "major" else 2) if found else None
        return self._named(self._per, tag)

    def _named(self, group: str, tag: Tag) -> str | None:
        """Return the text of a named group, of the first pattern of `drop` that has it."""
        for found in patterns.match(self._drop, tag.name):
            if group in found.re.groupindex:
                return found[group]
        return None
