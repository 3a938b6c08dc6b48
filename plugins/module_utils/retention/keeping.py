"""Decide if a line of `keep` holds for a tag. What is not known counts as recent."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.retention import patterns
from ansible_collections.holdfast.registry.plugins.module_utils.retention.facts import (
    Evidence,
    Repository,
    Tag,
)
from ansible_collections.holdfast.registry.plugins.module_utils.retention.ranking import Ranking

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.retention import (
        KeepLine,
        Rule,
    )


@dataclass(frozen=True)
class Keeping:
    """One rule over one repository; `pool` are the tags that a pattern of `drop` matches."""

    rule: Rule
    repository: Repository
    evidence: Evidence
    pool: tuple[Tag, ...]
    _rankings: dict[int, Ranking] = field(default_factory=dict)

    def holds(self, line: KeepLine, tag: Tag) -> bool:
        """Return True if all conditions of a line hold for a tag of the pool."""
        return all(_CONDITIONS[key](self, line, tag) for key in line if key in _CONDITIONS)

    def tagged(self, line: KeepLine, tag: Tag) -> bool:
        """Return True if a pattern of the line matches; a line without patterns takes all."""
        return "tags" not in line or bool(patterns.match(line["tags"], tag.name))

    def pushed(self, line: KeepLine, tag: Tag) -> bool:
        """Return True if the tag was pushed within a time."""
        return tag.pushed is None or self.evidence.now - tag.pushed <= line["pushed_within"]

    def pulled(self, line: KeepLine, tag: Tag) -> bool:
        """Return True if the tag was pulled within a time, or if the log is not that old."""
        since = self.evidence.now - line["pulled_within"]
        covered = self.evidence.pulls_since
        names = (tag.name, *self.repository.inside(tag.digest))
        last = max(self.repository.pulls.get(one, 0.0) for one in names)
        return covered is None or covered > since or last >= since

    def in_use(self, line: KeepLine, tag: Tag) -> bool:
        """Return True if a file lists the image, or if a file cannot be relied on."""
        lists = [self.evidence.in_use.get(path) for path in line["in_use"]]
        mine = self.repository.inside(tag.digest)
        return any(one is None or not one.isdisjoint(mine) for one in lists)

    def labelled(self, line: KeepLine, tag: Tag) -> bool:
        """Return True if an image has all labels of the line."""
        manifest = self.repository.manifests.get(tag.digest)
        known = manifest.labels if manifest else None
        return known is None or any(_has(one, line["labels"]) for one in known)

    def newest(self, line: KeepLine, tag: Tag) -> bool:
        """Return True if fewer tags than the line's number are newer, in the tag's group."""
        known = self._rankings.get(id(line))
        if known is None:
            pool = [one for one in self.pool if self.tagged(line, one)]
            known = Ranking(line, self.rule["drop"], self.repository, pool)
            self._rankings[id(line)] = known
        return known.holds(tag)


def _has(labels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(
        name in labels and fnmatch.fnmatchcase(labels[name], glob) for name, glob in wanted.items()
    )


_CONDITIONS: dict[str, Callable[[Keeping, KeepLine, Tag], bool]] = {
    "tags": Keeping.tagged,
    "newest": Keeping.newest,
    "pushed_within": Keeping.pushed,
    "pulled_within": Keeping.pulled,
    "in_use": Keeping.in_use,
    "labels": Keeping.labelled,
}
