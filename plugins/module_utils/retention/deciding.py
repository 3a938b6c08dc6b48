"""Decide which tags and manifests of a repository go, by its rule. No file is read here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.holdfast.registry.plugins.module_utils.retention import patterns
from ansible_collections.holdfast.registry.plugins.module_utils.retention.facts import (
    Evidence,
    Repository,
    Tag,
)
from ansible_collections.holdfast.registry.plugins.module_utils.retention.hanging import Hanging
from ansible_collections.holdfast.registry.plugins.module_utils.retention.keeping import Keeping

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.retention import Rule

DROP = "drop"
HANGS = "hangs"
WITHOUT_TAG = {"in_use", "pulled_within", "labels"}
"""Conditions that can hold for a manifest without a tag."""


class Verdict(NamedTuple):
    """Decision on one tag."""

    keep: bool
    why: str
    """`drop`, or the reason for which it is kept, as `keep[1]`."""


@dataclass
class Decision:
    """Decision on one repository."""

    tags: dict[str, Verdict] = field(default_factory=dict)
    manifests: list[str] = field(default_factory=list)
    """Digests that go."""

    @property
    def dropped(self) -> list[str]:
        """Names of the tags that go."""
        return [name for name, one in self.tags.items() if not one.keep]


def decide(rule: Rule | None, repository: Repository, evidence: Evidence) -> Decision:
    """Return the decision on a repository; without a rule everything is kept."""
    if rule is None:
        return Decision({one.name: Verdict(True, "no rule") for one in repository.tags})
    return _Deciding(rule, repository, evidence).decision()


class _Deciding:
    def __init__(self, rule: Rule, repository: Repository, evidence: Evidence) -> None:
        self.rule, self.repository, self.now = rule, repository, evidence.now
        self.hanging = Hanging(repository)
        self.ordinary = self.hanging.ordinary
        pool = [one for one in self.ordinary if patterns.match(rule["drop"], one.name)]
        self.keeping = Keeping(rule, repository, evidence, tuple(pool))
        self.candidates = {one.name for one in pool}
        loose = self.hanging.loose()
        self.due = {one for one in loose if self._due(one)}
        self.untagged = {*loose, *self.hanging.circular()} - self.due

    def decision(self) -> Decision:
        verdicts = {one.name: self._by_rule(one) for one in self.ordinary}
        self._keep_the_last(verdicts)
        self._keep_what_hangs(verdicts)
        self._limit(verdicts)
        self._keep_what_hangs(verdicts)
        roots, held = self._kept(verdicts)
        gone = self._gone(verdicts, roots | held)
        for one in self.hanging.following:
            goes = patterns.subject(one.name) in gone
            verdicts[one.name] = Verdict(False, DROP) if goes else Verdict(True, "subject")
        order = {one.name: verdicts[one.name] for one in self.repository.tags}
        return Decision(order, sorted(gone))

    def _by_rule(self, tag: Tag) -> Verdict:
        if tag.name not in self.candidates:
            return Verdict(True, "no drop")
        if tag.pushed is None or self.now - tag.pushed < self.rule["grace"]:
            return Verdict(True, "grace")
        for number, line in enumerate(self.rule["keep"]):
            if self.keeping.holds(line, tag):
                return Verdict(True, f"keep[{number}]")
        return Verdict(False, DROP)

    def _keep_the_last(self, verdicts: dict[str, Verdict]) -> None:
        """Keep the tags that were pushed last, if all would go."""
        if verdicts and not any(one.keep for one in verdicts.values()):
            last = max(one.pushed or 0 for one in self.ordinary)
            for one in self.ordinary:
                if one.pushed == last:
                    verdicts[one.name] = Verdict(True, "last tag")

    def _keep_what_hangs(self, verdicts: dict[str, Verdict]) -> None:
        _, held = self._kept(verdicts)
        for one in self.ordinary:
            if one.digest in held and not verdicts[one.name].keep:
                verdicts[one.name] = Verdict(True, HANGS)

    def _limit(self, verdicts: dict[str, Verdict]) -> None:
        """Keep the newest of those that would go, if they are too many for one run."""
        percent = self.rule["at_most"]
        if percent is None:
            return
        going = [one for one in self.ordinary if not verdicts[one.name].keep]
        going.sort(key=lambda one: (one.pushed or 0, one.name))
        for one in going[max(1, len(self.ordinary) * percent // 100) :]:
            verdicts[one.name] = Verdict(True, "at_most")

    def _kept(self, verdicts: dict[str, Verdict]) -> tuple[set[str], set[str]]:
        """Return the digests of kept tags, and all that is kept with them."""
        # What is kept because it hangs on an image keeps no more than that.
        own = [one for one in self.ordinary if verdicts[one.name].keep]
        roots = {one.digest for one in own if verdicts[one.name].why != HANGS}
        roots |= self.untagged
        return roots, self.hanging.with_roots(roots)

    def _gone(self, verdicts: dict[str, Verdict], kept: set[str]) -> set[str]:
        """Return the digests that go: those of tags that go, and all that hangs on them alone."""
        roots = {one.digest for one in self.ordinary if not verdicts[one.name].keep}
        roots |= self.due
        return (roots | self.hanging.under(roots)) & self.repository.manifests.keys() - kept

    def _due(self, digest: str) -> bool:
        """Return True if a manifest has been without a tag for long enough, and nobody uses it."""
        limit, since = self.rule["untagged_after"], self.repository.manifests[digest].untagged
        if limit is None or since is None or self.now - since < max(limit, self.rule["grace"]):
            return False
        nameless = Tag("", digest, None)
        lines = (one for one in self.rule["keep"] if one.keys() <= WITHOUT_TAG)
        return not any(self.keeping.holds(one, nameless) for one in lines)
