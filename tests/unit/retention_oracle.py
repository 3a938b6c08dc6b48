"""A second, slow and naive, decision on a repository: the rules as sentences, nothing shared.

It is written from docs/retention.md, and imports nothing of the engine that it is compared with.
"""

from __future__ import annotations

import fnmatch
import functools
import itertools
import re
from typing import Any


def python(pattern: str) -> str:
    return re.sub(r"\(\?<([a-z]+)>", r"(?P<\1>", pattern)


def named(drop: list[str], tag: str, group: str) -> str | None:
    for pattern in drop:
        if f"<{group}>" in pattern:
            found = re.fullmatch(python(pattern), tag)
            if found:
                return found.group(group)
    return None


def dropped_by_pattern(drop: list[str], tag: str) -> bool:
    return any(
        re.fullmatch(python(one), tag) if "(?" in one else fnmatch.fnmatchcase(tag, one)
        for one in drop
    )


def parsed(text: str) -> tuple[list[int], list[str]] | None:
    text = text[1:] if text[:1] in ("v", "V") else text
    text = text.split("_")[0]
    numbers, _, pre = text.partition("-")
    parts = numbers.split(".")
    if not all(one.isdigit() for one in parts) or (text.endswith("-") and not pre):
        return None
    return [int(one) for one in parts], pre.split(".") if pre else []


def newer(one: tuple[list[int], list[str]], two: tuple[list[int], list[str]]) -> bool:
    """Return True if version one is after version two."""
    for a, b in itertools.zip_longest(one[0], two[0], fillvalue=0):
        if a != b:
            return a > b
    if not one[1] or not two[1]:
        return bool(two[1]) and not one[1]
    for x, y in zip(one[1], two[1], strict=False):
        if x != y:
            return text_newer(x, y)
    return len(one[1]) > len(two[1])


def text_newer(x: str, y: str) -> bool:
    if x.isdigit() and y.isdigit():
        return int(x) > int(y)
    return y.isdigit() if x.isdigit() != y.isdigit() else x > y


class Oracle:
    def __init__(self, rule: Any, repository: Any, evidence: Any) -> None:
        self.rule, self.repository, self.evidence = rule, repository, evidence
        self.digests = list(repository.manifests)
        self.follower = {
            tag.name: subject
            for tag in repository.tags
            for subject in self.digests
            if tag.name.split(".")[0] == subject.replace(":", "-") and tag.digest != subject
        }
        self.ordinary = [tag for tag in repository.tags if tag.name not in self.follower]

    def version(self, tag: Any) -> Any:
        text = named(self.rule["drop"], tag.name, "version")
        return parsed(tag.name if text is None else text)

    def group(self, line: Any, tag: Any) -> Any:
        per = line.get("per")
        if per in ("major", "minor"):
            found = self.version(tag)
            return found and ([*found[0], 0, 0])[: 1 if per == "major" else 2]
        return named(self.rule["drop"], tag.name, per) if per else None

    def newest(self, line: Any, tag: Any) -> bool:
        pool = [
            one
            for one in self.ordinary
            if dropped_by_pattern(self.rule["drop"], one.name)
            and any(fnmatch.fnmatchcase(one.name, glob) for glob in line.get("tags", ["*"]))
            and self.group(line, one) == self.group(line, tag)
        ]
        by = line.get("by", "pushed")
        if by == "version":
            return self.newest_version(line, tag, pool)
        if by == "created":
            times = {one.name: self.repository.manifests[one.digest].created for one in pool}
            mine = self.repository.manifests[tag.digest].created
        else:
            times = {one.name: one.pushed for one in pool}
            mine = tag.pushed
        if mine is None:
            return True
        return sum(time is not None and time > mine for time in times.values()) < line["newest"]

    def newest_version(self, line: Any, tag: Any, pool: list[Any]) -> bool:
        mine = self.version(tag)
        if mine is None:
            return False
        known = [found for one in pool if (found := self.version(one))]

        def floats(one: Any) -> bool:
            size = len(one[0])
            return any(o[1] == one[1] and len(o[0]) > size and o[0][:size] == one[0] for o in known)

        if floats(mine):
            mine = ([*mine[0], 10**30], mine[1])
        return sum(newer(one, mine) for one in known if not floats(one)) < line["newest"]

    def inside(self, digest: str) -> set[str]:
        children = self.repository.manifests[digest].children
        return {digest}.union(*(self.inside(c) for c in children if c in self.digests), children)

    def holds(self, line: Any, tag: Any) -> bool:
        now, mine = self.evidence.now, self.inside(tag.digest)
        good = True
        if "tags" in line:
            good &= any(fnmatch.fnmatchcase(tag.name, glob) for glob in line["tags"])
        if "newest" in line and good:
            good &= self.newest(line, tag)
        if "pushed_within" in line:
            good &= tag.pushed is None or tag.pushed >= now - line["pushed_within"]
        if "pulled_within" in line:
            since, start = self.evidence.pulls_since, now - line["pulled_within"]
            times = [
                self.repository.pulls[x] for x in (tag.name, *mine) if x in self.repository.pulls
            ]
            good &= since is None or since > start or any(time >= start for time in times)
        if "in_use" in line:
            lists = [self.evidence.in_use.get(one) for one in line["in_use"]]
            good &= any(one is None or mine & one for one in lists)
        if "labels" in line:
            labels = self.repository.manifests[tag.digest].labels
            good &= labels is None or any(
                all(k in one and fnmatch.fnmatchcase(one[k], v) for k, v in line["labels"].items())
                for one in labels
            )
        return bool(good)

    def rules(self, tag: Any) -> bool:
        """Return True if the rule keeps a tag."""
        return (
            not dropped_by_pattern(self.rule["drop"], tag.name)
            or tag.pushed is None
            or self.evidence.now - tag.pushed < self.rule["grace"]
            or any(self.holds(line, tag) for line in self.rule["keep"])
        )

    @functools.cached_property
    def hang(self) -> set[tuple[str, str]]:
        """Return all pairs of which the second hangs on the first, directly or not."""
        manifests = self.repository.manifests
        pairs = {(up, down) for up in manifests for down in manifests[up].children}
        pairs |= {(manifests[down].subject, down) for down in manifests}
        pairs |= {
            (self.follower[t.name], t.digest)
            for t in self.repository.tags
            if t.name in self.follower
        }
        pairs = {(a, b) for a, b in pairs if a in manifests and b in manifests}
        while True:
            more = {(a, d) for a, b in pairs for c, d in pairs if b == c} - pairs
            if not more:
                return pairs
            pairs |= more

    def loose(self) -> list[str]:
        held = {down for _, down in self.hang} | {tag.digest for tag in self.repository.tags}
        return [one for one in self.digests if one not in held]

    def circular(self) -> set[str]:
        """Return what hangs, but on no manifest that hangs on nothing or has a tag of its own."""
        tops = {*self.loose(), *(tag.digest for tag in self.ordinary)}
        return set(self.digests) - tops - {down for up, down in self.hang if up in tops}

    def due(self, digest: str) -> bool:
        after, since = self.rule["untagged_after"], self.repository.manifests[digest].untagged
        if after is None or since is None:
            return False
        age = self.evidence.now - since
        fake = type("Fake", (), {"name": "", "digest": digest, "pushed": None})
        used = any(
            self.holds(line, fake)
            for line in self.rule["keep"]
            if not set(line) & {"tags", "newest", "by", "per", "pushed_within"}
        )
        return age >= after and age >= self.rule["grace"] and not used

    def held(self, kept: set[str]) -> tuple[set[str], set[str]]:
        """Return the kept roots, and what is kept as it hangs on one or is a subject of one."""
        roots = {tag.digest for tag in self.ordinary if tag.name in kept}
        roots |= {one for one in self.loose() if not self.due(one)}
        roots |= self.circular()
        subjects, last = set(), set(roots)
        while last:
            last = {self.repository.manifests[o].subject for o in last if o in self.digests}
            last = {one for one in last if one in self.digests}
            subjects |= last
        return roots, subjects | {down for up, down in self.hang if up in roots | subjects}

    def hanging(self, kept: set[str]) -> set[str]:
        held = self.held(kept)[1]
        return kept | {tag.name for tag in self.ordinary if tag.digest in held}

    def decide(self) -> tuple[set[str], set[str]]:
        """Return the tags and the manifests that go."""
        kept = {tag.name for tag in self.ordinary if self.rules(tag)}
        if self.ordinary and not kept:
            last = max(tag.pushed for tag in self.ordinary)
            kept = {tag.name for tag in self.ordinary if tag.pushed == last}
        if self.rule["at_most"] is not None:
            safe = self.hanging(kept)
            going = [tag for tag in self.ordinary if tag.name not in safe]
            limit = max(1, len(self.ordinary) * self.rule["at_most"] // 100)
            while len(going) > limit:
                spared = max(going, key=lambda tag: (tag.pushed, tag.name))
                going.remove(spared)
                kept.add(spared.name)
        roots, held = self.held(kept)
        going = {tag.name for tag in self.ordinary} - self.hanging(kept)
        lost = {tag.digest for tag in self.ordinary if tag.name in going}
        lost |= {one for one in self.loose() if self.due(one)}
        lost |= {down for up, down in self.hang if up in lost}
        lost = {one for one in lost if one in self.digests} - roots - held
        going |= {name for name, subject in self.follower.items() if subject in lost}
        return going, lost
