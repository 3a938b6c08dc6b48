"""The policies of docs/retention.md are valid, and do what the page says of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.holdfast.registry.plugins.module_utils.retention.deciding import decide
from ansible_collections.holdfast.registry.plugins.module_utils.retention.facts import (
    Evidence,
    Manifest,
    Repository,
    Tag,
)
from ansible_collections.holdfast.registry.plugins.module_utils.retention.planning import rule_of

from holdfast.settings import parse
from tests.integration.gated import SETTINGS

PAGE = (Path(__file__).parents[2] / "docs" / "retention.md").read_text()
POLICIES = re.findall(r"```yaml\n(.*?)```", PAGE.partition("## Six policies")[2], re.S)
DAY = 86400
NOW = 1000 * DAY


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def dropped(policy: int, name: str, ages: dict[str, float], **more: Any) -> set[str]:
    """Return the tags that go from a repository whose tags were pushed some days ago."""
    given = {**SETTINGS, **yaml.safe_load(POLICIES[policy])}
    rules = [one.rule for one in parse(given).retention]
    number = rule_of(rules, name)
    built = {one: NOW - days * DAY for one, days in ages.items()}
    tags = tuple(Tag(one, digest(n), built[one]) for n, one in enumerate(ages))
    labels = more.get("labels", {})
    manifests = {
        tag.digest: Manifest(created=built[tag.name], labels=(labels.get(tag.name, {}),))
        for tag in tags
    }
    pulls = {one: NOW - days * DAY for one, days in more.get("pulled", {}).items()}
    used = {"/etc/holdfast/in-use/prod.txt": frozenset(map(digest, more.get("used", [99])))}
    evidence = Evidence(NOW, NOW - 14 * DAY, used)
    rule = None if number is None else rules[number]
    return set(decide(rule, Repository(name, tags, manifests, pulls), evidence).dropped)


def test_there_are_six() -> None:
    assert len(POLICIES) == 6
    for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.S):
        assert parse({**SETTINGS, **yaml.safe_load(text)}).retention


def test_releases_stay_for_ever() -> None:
    ages = {"v1.0": 900, "latest": 500, "main-1": 31, "main-2": 29}
    assert dropped(0, "team-a/web/app", ages) == {"main-1"}
    assert dropped(0, "team-b/app", ages) == set()


def test_three_patches_of_each_minor_version_and_what_runs() -> None:
    ages = {f"1.{minor}.{patch}": 50 for minor in (0, 1) for patch in range(5)}
    ages |= {"latest": 50, "test": 50}
    found = dropped(1, "shop/app-web", ages, used=[1])
    assert found == {"1.0.0", "1.1.0", "1.1.1", "test"}


def test_ten_builds_of_each_branch_a_fifth_a_night() -> None:
    ages = {f"main-{number}": 100.0 - number for number in range(40)} | {"dev-1": 99, "nightly": 99}
    assert dropped(2, "ci/app", ages) == {f"main-{number}" for number in range(8)}
    pulled = {"main-0": 9, "main-1": 11}
    found = dropped(2, "ci/app", ages, pulled=pulled)
    assert found == {f"main-{number}" for number in range(1, 9)}


def test_release_candidates_go_when_they_are_old() -> None:
    ages = {"1.0.0-rc.1": 91, "1.0.0-rc.2": 89, "1.0.0": 80, "x": 900}
    assert dropped(3, "any/thing", ages) == {"1.0.0-rc.1"}


def test_variants_are_counted_apart() -> None:
    ages = {f"1.{n}-{kind}": 9.0 for n in range(7) for kind in ("alpine", "debian")} | {"x": 9}
    gone = {f"1.{n}-{kind}" for n in range(2) for kind in ("alpine", "debian")}
    assert dropped(4, "base/python", ages) == gone


@pytest.mark.parametrize("name", ["archive/old", "archive/very/old"])
def test_an_exception_stands_before_the_rule_for_all(name: str) -> None:
    ages = {f"t{number}": 9.0 + number for number in range(9)} | {"young": 2}
    assert dropped(5, name, ages) == set()
    kept = {"t7": {"org.example.keep": "yes"}}
    found = dropped(5, "web/app", ages, labels=kept, pulled={"t8": 6})
    assert found == {"t4", "t5", "t6"}
