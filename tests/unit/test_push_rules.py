"""Rules at push: their settings, and a decision that equals a naive one over random pushes."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.holdfast.registry.plugins.module_utils.gate import patterns, rules
from ansible_collections.holdfast.registry.plugins.module_utils.gate.conditions import Pushed
from ansible_collections.holdfast.registry.plugins.module_utils.gate.images import (
    Contents,
    Image,
    contents,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast import sizes, tag_patterns
from holdfast.rendering import render
from holdfast.rendering.push_rules import name_rules, plan_of
from holdfast.settings import SettingsError, parse
from holdfast.settings.sections.push_rules import PushRule

ALL = {"repositories": ["**"]}
RULE = "registry_push_rules[0]"
NOTHING = Contents(frozenset(), ())

WRONG: list[tuple[str, Any, str]] = [
    (
        "registry_push_rules",
        [ALL],
        f"{RULE}: expected at least one of names, tags, immutable, max_bytes, max_layers,"
        " require_labels, require_annotations, platforms, got none. Add one, or remove the rule",
    ),
    (
        "registry_push_rules",
        [{"tags": ["latest"]}],
        f"{RULE}.repositories: expected a list of patterns for repositories, got nothing."
        ' e.g. ["team-a/**"], and ["**"] for all',
    ),
    (
        "registry_push_rules",
        [{"repositories": ["Team/{user}"], "immutable": True}],
        f"{RULE}.repositories[0]: expected a pattern for the names of repositories, got"
        ' "Team/{user}" (a string). * stands for characters between two /, ** for one or more'
        " components: e.g. team-a/**",
    ),
    (
        "registry_push_rules",
        [{**ALL, "tags": ["v{version}"]}],
        f'{RULE}.tags[0]: expected a pattern for tags, got "v{{version}}" (a string). It has'
        " letters, digits, . _ -, *, ?, [0-9] and {semver}, {sha}, {date}, {number}, with at most 3"
        " of * and {}: e.g. v{semver}",
    ),
    (
        "registry_push_rules",
        [{**ALL, "immutable": "yes please"}],
        f'{RULE}.immutable[0]: expected a pattern for tags, got "yes please" (a string). It has'
        " letters, digits, . _ -, *, ?, [0-9] and {semver}, {sha}, {date}, {number}, with at most 3"
        " of * and {}: e.g. v{semver}",
    ),
    (
        "registry_push_rules",
        [{**ALL, "max_bytes": "2 gigs"}],
        f"{RULE}.max_bytes: expected a number of bytes, or one with MiB, GiB or TiB, got"
        ' "2 gigs" (a string). e.g. 2GiB',
    ),
    (
        "registry_push_rules",
        [{**ALL, "platforms": ["amd64"]}],
        f"{RULE}.platforms[0]: expected a platform as OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT,"
        ' got "amd64" (a string). e.g. linux/amd64, linux/*',
    ),
    (
        "registry_push_rules",
        [{**ALL, "immutable": True, "action": "deny"}],
        f'{RULE}.action: expected refuse or warn, got "deny" (a string)',
    ),
    (
        "registry_quotas",
        [ALL],
        "registry_quotas[0]: expected bytes or tags, got neither. Give a limit, or remove the"
        " quota",
    ),
    (
        "registry_quotas",
        [{**ALL, "bytes": 0}],
        "registry_quotas[0].bytes: expected a number of bytes, or one with MiB, GiB or TiB, got 0."
        " e.g. 2GiB",
    ),
]


@pytest.mark.parametrize(("name", "value", "text"), WRONG)
def test_a_wrong_rule_is_named(flat: dict[str, Any], name: str, value: Any, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse({**flat, name: value})
    assert caught.value.lines == (text,)


@pytest.mark.parametrize("name", ["registry_push_rules", "registry_quotas"])
def test_rules_need_a_gate(flat: dict[str, Any], name: str) -> None:
    values = {"registry_push_rules": [{**ALL, "immutable": True}]}
    values["registry_quotas"] = [{**ALL, "tags": 3}]
    mirror = {"registry_upstream_url": "https://quay.io", name: values[name]}
    with pytest.raises(SettingsError, match=f"{name}: expected nothing, for they need pushes"):
        parse({**flat, **mirror})
    bucket = {"registry_storage_driver": "gcs", "registry_storage_bucket": "images"}
    with pytest.raises(SettingsError, match=f"{name}: expected nothing"):
        parse({**flat, **bucket, name: values[name]})
    bucket |= {"registry_storage_driver": "s3", "registry_storage_region": "eu-central-1"}
    assert parse({**flat, **bucket, name: values[name]})


def test_values_as_people_write_them(flat: dict[str, Any]) -> None:
    given = {"repositories": "team/*,other", "immutable": True, "max_bytes": "1.5GiB"}
    with pytest.raises(SettingsError):
        parse({**flat, "registry_push_rules": [given]})
    given["max_bytes"] = "512 MiB"
    found = parse({**flat, "registry_push_rules": json.dumps([given])}).push_rules[0]
    assert found.repositories == ("team/*", "other")
    assert (found.immutable, found.max_bytes) == (("*",), 512 << 20)
    assert parse({**flat, "registry_push_rules": [{**ALL, "max_bytes": "7"}]}).push_rules


@pytest.mark.parametrize(
    ("text", "size"), [("7", 7), ("2GiB", 2 << 30), ("3 mib", 3 << 20), ("1TiB", 1 << 40)]
)
def test_sizes(text: str, size: int) -> None:
    assert sizes.size(text) == size
    assert sizes.size(patterns.shown(size).removesuffix(" bytes")) == size


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("v{semver}", "v1.2.3 v0.0.1-rc.1 v1.2.3-a-b", "1.2.3 v1.2 v01.2.3 v1.2.3- v1.2.3_1"),
        ("sha-{sha}", "sha-0123abc", "sha-012 sha-0123abg 0123abc"),
        ("{date}", "2027-01-31 20270131", "2027-51-31 27-01-31"),
        ("pr-{number}", "pr-1 pr-120", "pr- pr-1a"),
        ("v[0-9]*", "v1 v1.x", "v va"),
        ("[!0-9]*", "a a1", "1"),
        ("?.x", "a.x", ".x ab.x a-x"),
        ("*-*", "a-b -", "ab"),
    ],
)
def test_patterns_for_tags(pattern: str, good: str, bad: str) -> None:
    assert tag_patterns.fault(pattern) is None
    form = re.compile(tag_patterns.expression(pattern))
    assert all(form.fullmatch(one) for one in good.split())
    assert not [one for one in bad.split() if form.fullmatch(one)]


@pytest.mark.parametrize("pattern", ["", "a/b", "a b", "{x}", "[]", "[z-a]", "****", "é", "a\n"])
def test_what_is_no_pattern_for_tags(pattern: str) -> None:
    assert tag_patterns.fault(pattern)


def test_a_rule_about_names_is_one_of_nginx(flat: dict[str, Any]) -> None:
    given = [{**ALL, "names": ["team-a/**", "b"]}, {**ALL, "names": ["x"], "action": "warn"}]
    found = parse({**flat, "registry_push_rules": given})
    (one,) = name_rules(found)
    refused = re.compile(one.refused)
    assert one.allowed == "team-a/**, b"
    assert not any(refused.search(name) for name in ("team-a/x", "team-a/x/y", "b"))
    assert all(refused.search(name) for name in ("team-a", "bb", "b/c", "x/team-a/x", "a/b"))
    text = render(found)
    assert text


# --- The naive decision -------------------------------------------------------------------------

WORDS = ("a", "b", "ab")
GLOBS = ("**", "*", "a/**", "a/*", "**/b", "a*/b", "ab", "*/**")
TAGS = ("*", "v*", "*1", "v{number}", "[a-b]?", "latest")
NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map("/".join)
SOME_TAGS = st.sampled_from(("", "v1", "v1x", "a1", "ab", "latest", "sha256-" + "0" * 64 + ".sig"))
KEYS = st.frozensets(st.sampled_from(("x", "y")), max_size=2)
PLATFORMS = ("linux/amd64", "linux/*", "*/arm64", "linux/arm64/v8")
IMAGES = st.builds(
    Image,
    st.integers(0, 4),
    st.integers(0, 4),
    KEYS,
    st.booleans(),
    KEYS,
    st.sampled_from(("", "linux/amd64", "linux/arm64/v8", "plan9/arm64")),
)
PUSHES = st.builds(
    Pushed,
    NAMES,
    SOME_TAGS,
    st.sampled_from(("d1", "d2")),
    st.sampled_from(("", "d1")),
    st.builds(Contents, KEYS, st.lists(IMAGES, max_size=3).map(tuple)),
)


def some(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), max_size=2)


RULES = st.fixed_dictionaries(
    {
        "repositories": st.lists(st.sampled_from(GLOBS), min_size=1, max_size=2),
        "names": some(GLOBS),
        "tags": some(TAGS),
        "immutable": some(TAGS),
        "max_bytes": st.none() | st.integers(1, 4),
        "max_layers": st.none() | st.integers(1, 4),
        "require_labels": some(("x", "y")),
        "require_annotations": some(("x", "y")),
        "platforms": some(PLATFORMS),
        "action": st.sampled_from(("refuse", "warn")),
    }
).filter(lambda rule: any(rule[key] for key in rule if key not in ("repositories", "action")))


def deep(glob: list[str], name: list[str]) -> bool:
    """Match components one by one."""
    if not glob:
        return not name
    if not name:
        return False
    if glob[0] == "**":
        return deep(glob[1:], name[1:]) or deep(glob, name[1:])
    return flat_match(glob[0], name[0]) and deep(glob[1:], name[1:])


@cache
def flat_match(glob: str, text: str) -> bool:
    """Match letters one by one."""
    if not glob:
        return not text
    if glob.startswith("{number}"):
        counts = [n for n in range(1, len(text) + 1) if text[:n].isdigit()]
        return any(flat_match(glob[8:], text[n:]) for n in counts)
    if glob.startswith("[a-b]"):
        return text[:1] in ("a", "b") and flat_match(glob[5:], text[1:])
    if glob[0] == "*":
        return any(flat_match(glob[1:], text[n:]) for n in range(len(text) + 1))
    return bool(text) and glob[0] in ("?", text[0]) and flat_match(glob[1:], text[1:])


def naive(rule: dict[str, Any], push: Pushed) -> set[str]:
    """Return the conditions that a push does not meet."""
    if not any_deep(rule["repositories"], push.repository):
        return set()
    tagged = push.tag != "" and not push.tag.startswith("sha256-")
    found = {"names"} if rule["names"] and not any_deep(rule["names"], push.repository) else set()
    if tagged:
        found |= naive_tag(rule, push)
    for one in push.contents.images:
        if rule["max_bytes"] and one.size > rule["max_bytes"]:
            found.add("max_bytes")
        if rule["max_layers"] and one.layers > rule["max_layers"]:
            found.add("max_layers")
    for image in filter(lambda one: one.runs, push.contents.images):
        if not set(rule["require_labels"]) <= image.labels:
            found.add("require_labels")
        if rule["platforms"] and not any(fits(image.platform, one) for one in rule["platforms"]):
            found.add("platforms")
    return found


def naive_tag(rule: dict[str, Any], push: Pushed) -> set[str]:
    """Return the conditions of a tag that a push does not meet."""
    found = set()
    if rule["tags"] and not any(flat_match(glob, push.tag) for glob in rule["tags"]):
        found.add("tags")
    kept = any(flat_match(glob, push.tag) for glob in rule["immutable"])
    if kept and push.replaced and push.replaced != push.digest:
        found.add("immutable")
    images = [one for one in push.contents.images if one.runs]
    wanted, top = set(rule["require_annotations"]), push.contents.annotations
    lacking = [image for image in images if not wanted <= top | image.annotations]
    if lacking or (not images and not wanted <= top):
        found.add("require_annotations")
    return found


def any_deep(globs: list[str], name: str) -> bool:
    return any(deep(glob.split("/"), name.split("/")) for glob in globs)


def fits(platform: str, pattern: str) -> bool:
    given, wanted = platform.split("/"), pattern.split("/")
    if len(given) < len(wanted):
        return False
    return all(one in ("*", given[number]) for number, one in enumerate(wanted))


@settings(max_examples=300, deadline=None)
@given(st.lists(RULES, max_size=3), PUSHES)
def test_a_decision_equals_the_naive_one(given_rules: list[dict[str, Any]], push: Pushed) -> None:
    plans = [plan_of(n, PushRule.model_validate(rule)) for n, rule in enumerate(given_rules)]
    found = rules.findings(plans, push)
    expected = {
        (f"registry_push_rules[{number}]", condition, rule["action"] == "refuse")
        for number, rule in enumerate(given_rules)
        for condition in naive(rule, push)
    }
    assert {(one.rule, one.condition, one.refuses) for one in found} == expected
    assert all((one.status == 409) == (one.condition == "immutable") for one in found)
    assert all(re.fullmatch(r"[ -~]+", one.text) and '"' not in one.text for one in found)


def test_no_rule_covers_our_own_tests() -> None:
    rule = plan_of(0, PushRule.model_validate({**ALL, "names": ["x"], "immutable": True}))
    assert rules.findings([rule], Pushed("holdfast/smoke", "1", "d2", "d1", NOTHING)) == []
    assert rules.findings([rule], Pushed("holdfasts/smoke", "1", "d2", "d1", NOTHING)) != []


@pytest.mark.parametrize(
    "manifest",
    [
        {"config": 3, "layers": 4, "annotations": []},
        {"config": {"digest": []}, "layers": [1, {"digest": None}], "annotations": {"x": {}}},
        {"manifests": [1, {"digest": "gone"}, {"digest": "self"}]},
        {"config": {"mediaType": [], "digest": "bad"}},
        {"config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "bad"}},
    ],
)
def test_what_is_odd_is_read(manifest: dict[str, Any]) -> None:
    content = json.dumps(manifest).encode()
    texts = {"self": content, "bad": b'{"os": {"a": 1}, "architecture": "\\n", "config": []}'}
    found = contents(content, texts.get, lambda _: 1)
    assert all(one.platform == "" for one in found.images)


@pytest.mark.parametrize("content", [b"", b"[]", b"[" * 100_000, b"\xff"])
def test_what_is_no_manifest(content: bytes) -> None:
    with pytest.raises(ValueError):
        contents(content, lambda _: None, lambda _: 0)


PAGE = Path(__file__).parents[2] / "docs" / "push-rules.md"


@pytest.mark.parametrize("text", re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(), re.M | re.S))
def test_the_sets_of_the_page_can_be_copied(flat: dict[str, Any], text: str) -> None:
    found = parse({**flat, **yaml.safe_load(text)})
    assert found.push_rules
    assert render(found)
