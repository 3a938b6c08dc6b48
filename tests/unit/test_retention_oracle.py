"""The rules of the retention decide as a naive oracle does, on random repositories."""

from __future__ import annotations

import os
import random
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.retention.deciding import decide
from ansible_collections.holdfast.registry.plugins.module_utils.retention.facts import (
    Evidence,
    Manifest,
    Repository,
    Tag,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.retention_oracle import Oracle
from tests.unit.test_retention import DAY, NOW, D, rule

STORES = int(os.environ.get("HOLDFAST_RETENTION_STORES", "4000"))
AGES = [0, DAY, 3 * DAY, 5 * DAY]
NAMES = ["latest", "main-1", "main-2", "dev-1", "dev-2", "1.2", "1.2.0", "v1.2.1", "1.2.1-rc.1"]
NAMES += ["1.3.0", "2.0", "2", "1.2.1-rc.a", "1.2.1-rc.10", "x"]
HANGS = [one.replace(":", "-") + end for one in D[:4] for end in ("", ".sig")]
GLOBS = ["*", "1*", "main-*", "[vx]*", "2"]
DROPS = ["*", "*", "1*", "(?<branch>[a-z]+)-[0-9]+", "(?<version>[0-9.]+).*", "sha*"]
BY = {"by": ["pushed", "created", "version"], "per": ["major", "minor", "branch"]}


def some(dice: random.Random, items: Any, most: int) -> list[Any]:
    return [dice.choice(items) for _ in range(dice.randint(0, most))]


def time_of(dice: random.Random) -> float | None:
    return None if dice.random() < 0.1 else NOW - dice.randint(0, 7) * DAY


def line_of(dice: random.Random) -> dict[str, Any]:
    every = {
        "tags": [dice.choice(GLOBS)],
        "newest": dice.randint(1, 3),
        "pushed_within": dice.choice(AGES),
        "pulled_within": dice.choice(AGES),
        "in_use": [dice.choice(["/a", "/b"])],
        "labels": {"keep": "y*"},
    }
    names = {dice.choice(list(every)), *some(dice, list(every), 1)}
    found = {name: every[name] for name in names}
    if "newest" in names:
        found |= {key: dice.choice(one) for key, one in BY.items() if dice.random() < 0.6}
    return found


def rule_of(dice: random.Random) -> Any:
    return rule(
        drop=[dice.choice(DROPS), *some(dice, DROPS, 1)],
        keep=[line_of(dice) for _ in range(dice.randint(0, 2))],
        untagged_after=dice.choice([None, *AGES]),
        grace=dice.choice([0, 0, DAY, 3 * DAY]),
        at_most=dice.choice([None, None, 1, 20, 50, 100]),
    )


def manifest_of(dice: random.Random, before: list[str]) -> Manifest:
    """Return a manifest that names only ones before it, as digests force it."""
    labels = ({}, {"keep": "yes"}, {"keep": "no"})
    return Manifest(
        tuple(some(dice, before, 2)) if dice.random() < 0.4 else (),
        dice.choice(before) if dice.random() < 0.25 else "",
        time_of(dice),
        None if dice.random() < 0.1 else (dice.choice(labels), dice.choice(labels)),
        time_of(dice),
    )


def repository_of(dice: random.Random) -> Repository:
    count = dice.randint(1, 7)
    manifests = {D[n]: manifest_of(dice, [*D[:n], D[7]]) for n in range(count)}
    names = dict.fromkeys(some(dice, NAMES * 2 + HANGS, 8))
    tags = tuple(Tag(name, dice.choice(list(manifests)), time_of(dice)) for name in names)
    pulls = {name: time_of(dice) or NOW for name in some(dice, [*D, *NAMES], 3)}
    return Repository("r", tags, manifests, pulls)


def evidence_of(dice: random.Random) -> Evidence:
    lists = {one: frozenset(some(dice, D, 2)) for one in ("/a", "/b")}
    known = {one: dice.choice([found, found, None]) for one, found in lists.items()}
    return Evidence(NOW, dice.choice([None, 0.0, NOW - 3 * DAY, time_of(dice)]), known)


def compare(dice: random.Random) -> None:
    one, where, seen = rule_of(dice), repository_of(dice), evidence_of(dice)
    found = decide(one, where, seen)
    gone, lost = Oracle(one, where, seen).decide()
    assert (set(found.dropped), set(found.manifests)) == (gone, lost), (one, where, seen)
    # Whatever the rules are, what is kept is complete.
    for tag in where.tags:
        assert not (found.tags[tag.name].keep and where.inside(tag.digest) & lost), tag


def test_many_random_repositories() -> None:
    dice = random.Random(1 if STORES < 10_000 else None)
    for _ in range(STORES):
        compare(dice)


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False))
def test_repositories_that_hypothesis_finds(dice: random.Random) -> None:
    """Check the same, with an example that is made as small as possible."""
    compare(dice)
