"""The rules of the retention: each condition, and what hangs on an image."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.retention import patterns
from ansible_collections.holdfast.registry.plugins.module_utils.retention.deciding import decide
from ansible_collections.holdfast.registry.plugins.module_utils.retention.facts import (
    Evidence,
    Manifest,
    Repository,
    Tag,
)
from ansible_collections.holdfast.registry.plugins.module_utils.retention.versions import version

DAY = 86400
NOW = 100 * DAY
D = [f"sha256:{number:064x}" for number in range(8)]


def rule(**given: Any) -> Any:
    return {
        "repositories": ["**"],
        "matching": [".*"],
        "drop": ["*"],
        "keep": [],
        "untagged_after": None,
        "grace": DAY,
        "at_most": None,
        **given,
    }


def repository(ages: dict[str, float | None], **manifests: Manifest) -> Repository:
    """Return a repository with a manifest of its own for each tag, pushed some days ago."""
    tags = tuple(
        Tag(name, D[number], None if days is None else NOW - days * DAY)
        for number, (name, days) in enumerate(ages.items())
    )
    known = {tag.digest: manifests.get(tag.name, Manifest()) for tag in tags}
    return Repository("team/app", tags, known, {})


def evidence(**given: Any) -> Evidence:
    return Evidence(**{"now": NOW, "pulls_since": 0.0, "in_use": {}, **given})


def dropped(one: Any, where: Repository, seen: Evidence | None = None) -> set[str]:
    return set(decide(one, where, seen or evidence()).dropped)


@pytest.mark.parametrize(
    ("keep", "gone"),
    [
        ([{"tags": ["v[0-9]*"]}], {"main", "x"}),
        ([{"newest": 2}], {"v1.0.1", "v1.1.0", "x"}),
        ([{"newest": 1, "by": "version"}], {"main", "v1.0.0", "v1.0.1", "x"}),
        ([{"newest": 1, "by": "version", "per": "minor"}], {"main", "v1.0.0", "x"}),
        ([{"newest": 1, "by": "version", "per": "major"}], {"main", "v1.0.0", "v1.0.1", "x"}),
        ([{"newest": 1, "by": "pushed", "tags": ["v*"]}], {"main", "v1.0.1", "v1.1.0", "x"}),
        ([{"pushed_within": 3 * DAY}], {"v1.0.1", "v1.1.0", "x"}),
        ([{"pushed_within": 3 * DAY}, {"tags": ["x"]}], {"v1.0.1", "v1.1.0"}),
        ([{"pushed_within": 3 * DAY, "tags": ["m*"]}], {"v1.0.0", "v1.0.1", "v1.1.0", "x"}),
    ],
)
def test_lines_of_keep(keep: list[Any], gone: set[str]) -> None:
    where = repository({"main": 2, "v1.0.0": 3, "v1.0.1": 5, "v1.1.0": 6, "x": 9})
    assert dropped(rule(keep=keep), where) == gone


def test_equal_ones_are_kept() -> None:
    where = repository({"a": 3, "b": 3, "c": 3, "d": 4})
    assert dropped(rule(keep=[{"newest": 2}]), where) == {"d"}


def test_a_version_that_floats_stays_with_the_newest_of_its_own() -> None:
    where = repository({"1.2": 9, "1.2.3": 9, "1.2.4": 9, "1": 9, "1.3.0": 9, "1.10.0": 9})
    keep = [{"newest": 1, "by": "version", "per": "minor"}]
    assert dropped(rule(keep=keep), where) == {"1.2.3"}


def test_builds_are_counted_for_each_branch() -> None:
    where = repository({"main-1": 9, "main-2": 8, "dev-1": 7, "dev-2": 6, "other": 5, "third": 4})
    one = rule(
        drop=["(?<branch>[a-z]+)-[0-9]+"], keep=[{"newest": 1, "by": "pushed", "per": "branch"}]
    )
    assert dropped(one, where) == {"main-1", "dev-1"}


def test_what_is_not_known_counts_as_recent() -> None:
    where = repository({"a": None, "b": 9, "c": 8})
    assert dropped(rule(keep=[{"newest": 1}]), where) == {"b"}
    assert dropped(rule(keep=[{"newest": 1, "by": "created"}]), where) == set()
    lines = [{"pulled_within": 5 * DAY}]
    for since, gone in ((None, set()), (NOW - 4 * DAY, set()), (NOW - 5 * DAY, {"b", "c"})):
        one = rule(keep=[*lines, {"tags": ["a"]}])
        assert dropped(one, where, evidence(pulls_since=since)) == gone
    one = rule(keep=[{"in_use": ["/x"]}])
    assert dropped(one, where, evidence(in_use={"/x": None})) == set()
    assert dropped(one, where, evidence()) == set()
    assert dropped(one, where, evidence(in_use={"/x": frozenset({D[2]})})) == {"b"}
    where = repository({"a": 9, "b": 9}, a=Manifest(labels=None), b=Manifest(labels=({},)))
    assert dropped(rule(keep=[{"labels": {"x": "*"}}]), where) == {"b"}


def test_pulls_of_a_tag_its_digest_or_a_platform_count() -> None:
    where = repository({"a": 9, "b": 9, "c": 9, "d": 9}, c=Manifest(children=(D[7],)))
    pulls = {"a": NOW - DAY, D[1]: NOW - DAY, D[7]: NOW - DAY, "d": NOW - 3 * DAY}
    where = where._replace(pulls=pulls)
    assert dropped(rule(keep=[{"pulled_within": 2 * DAY}]), where) == {"d"}


def test_grace_and_the_last_tag() -> None:
    assert dropped(rule(), repository({"a": 9, "b": 8})) == {"a"}
    assert dropped(rule(), repository({"a": 9, "b": 0.5})) == {"a"}
    assert dropped(rule(grace=8 * DAY), repository({"a": 9, "b": 7.9, "c": 1})) == {"a"}


def test_at_most_a_share_goes_the_oldest_first() -> None:
    where = repository({f"t{number}": 9 - number / 10 for number in range(8)})
    assert dropped(rule(at_most=25), where) == {"t0", "t1"}
    assert dropped(rule(at_most=1), where) == {"t0"}


def hanging(kept: bool) -> Repository:
    """Return an index `v1` of two platforms, with a signature, an attestation and referrers."""
    fallback = D[0].replace(":", "-")
    tags = [("v1", D[0]), ("v1-arm", D[1]), (f"{fallback}.sig", D[3]), (fallback, D[4])]
    tags += [(f"{D[2].replace(':', '-')}.att", D[6]), ("other", D[7])]
    manifests = {
        D[0]: Manifest(children=(D[1], D[2])),
        D[1]: Manifest(),
        D[2]: Manifest(),
        D[3]: Manifest(),
        D[4]: Manifest(children=(D[5],)),
        D[5]: Manifest(subject=D[0]),
        D[6]: Manifest(),
        D[7]: Manifest(),
    }
    age = {"v1": 0 if kept else 9}
    pushed = tuple(Tag(name, digest, NOW - age.get(name, 9) * DAY) for name, digest in tags)
    return Repository("r", pushed, manifests, {})


def test_what_hangs_on_an_image_follows_it() -> None:
    one = rule(drop=["v*", "sha256-*"], untagged_after=DAY)
    kept = decide(one, hanging(kept=True), evidence())
    assert (kept.dropped, kept.manifests) == ([], [])
    gone = decide(one, hanging(kept=False), evidence())
    assert set(gone.dropped) == {tag.name for tag in hanging(kept=False).tags} - {"other"}
    assert set(gone.manifests) == set(D[:7])


def test_a_sibling_tag_goes_alone() -> None:
    tags = (Tag("v1", D[0], 0), Tag("build-7", D[0], 0))
    where = Repository("r", tags, {D[0]: Manifest()}, {})
    found = decide(rule(drop=["build-*"]), where, evidence())
    assert (found.dropped, found.manifests) == (["build-7"], [])


def test_the_subject_of_a_kept_artifact_is_kept() -> None:
    tags = (Tag("v1", D[0], 0), Tag("sbom", D[1], 0))
    where = Repository("r", tags, {D[0]: Manifest(), D[1]: Manifest(subject=D[0])}, {})
    assert dropped(rule(drop=["v*"]), where) == set()


def test_manifests_without_a_tag_go_unless_they_are_used() -> None:
    manifests = {D[0]: Manifest(), D[1]: Manifest(untagged=0), D[2]: Manifest(untagged=0)}
    where = Repository("r", (Tag("a", D[0], 0),), manifests, {})
    one = rule(untagged_after=DAY, keep=[{"in_use": ["/x"]}])
    seen = evidence(in_use={"/x": frozenset({D[2]})})
    assert decide(one, where, seen).manifests == [D[1]]
    assert decide(one, where, evidence()).manifests == []
    assert decide(rule(), where, seen).manifests == []


def test_without_a_rule_everything_is_kept() -> None:
    assert decide(None, repository({"a": 99, "b": 98}), evidence()).dropped == []


def test_tags_that_hang_on_each_other_are_kept() -> None:
    tags = tuple(
        Tag(D[one].replace(":", "-"), D[other], 0) for one, other in ((0, 1), (1, 0), (2, 2))
    )
    where = Repository("r", tags, {one: Manifest() for one in D[:3]}, {})
    assert dropped(rule(), where) == set()


def test_versions_are_ordered_as_semver_has_it() -> None:
    order = (
        "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1 1.0.1"
    )
    found = [version(text) for text in order.split()]
    keys = [one.key for one in found if one]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(found)
    for text in ("latest", "v", "1.", "1..2", "1.2-", "x1.2", "1.2.3+4", ""):
        assert version(text) is None
    assert version("v1.2_7") == version("1.2")


@pytest.mark.parametrize("pattern", ["v*", "(?=x)y*", "(?<!a)b", "(?<=a)b"])
def test_only_a_named_group_makes_an_expression(pattern: str) -> None:
    assert not patterns.is_expression(pattern)
    assert patterns.is_expression(f"{pattern}(?<x>y)")


def seconds_for(count: int) -> float:
    """Return the processor time of a decision on a repository with so many tags."""
    digests = [f"sha256:{number:064x}" for number in range(count)]
    tags = tuple(
        Tag(f"1.{number // 50}.{number % 50}", digest, NOW - number % 90 * DAY)
        for number, digest in enumerate(digests)
    )
    where = Repository("r", tags, dict.fromkeys(digests, Manifest()), {})
    one = rule(keep=[{"newest": 3, "by": "version", "per": "minor"}, {"pulled_within": DAY}])
    begun = time.process_time()
    assert dropped(one, where)
    return time.process_time() - begun


def test_a_decision_takes_a_time_that_grows_with_the_tags_and_not_faster() -> None:
    # Sixteen times as many: a square would be 256.
    assert seconds_for(16_000) < 60 * min(seconds_for(1_000) for _ in range(3))
