"""The rules' matcher against another one, written apart from it and slow."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from holdfast.issuer import globs
from holdfast.issuer.rules import ANYBODY, Identity, Policy, Rule
from holdfast.issuer.scopes import Scope, parse
from holdfast.settings.sections.auth import shadowed_rules
from holdfast.settings.sections.auth.shadowed_rules import covered

COMPONENTS = st.sampled_from(["a", "b", "ab", "a-b", "b.a", "a__b", "aab", "aba"])
NAMES = st.lists(COMPONENTS, min_size=1, max_size=4).map("/".join)
GLOBS = (
    st.lists(
        st.sampled_from(
            ["a", "b", "ab", "*", "a*", "*b", "a*b", "*a*", "*a*b", "**", "{user}", "{user}-*"]
        ),
        min_size=1,
        max_size=4,
    )
    .map("/".join)
    .filter(lambda glob: globs.fault(glob) is None)
)
PEOPLE = {
    "anybody": ANYBODY,
    "a": Identity("a", "user", ("g",)),
    "b": Identity("b", "user", ()),
    "ab": Identity("ab", "robot", ()),
}
SUBJECTS = ["anonymous", "everyone", "user:a", "user:b", "group:g", "robot:ab"]
ACTIONS = ["pull", "push", "delete", "catalog"]
RULES = st.builds(
    Rule,
    st.lists(st.sampled_from(SUBJECTS), min_size=1, max_size=3).map(tuple),
    st.lists(GLOBS, max_size=2).map(tuple),
    st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=2).map(tuple),
)


def fits(glob: str, name: str, user: str | None) -> bool:
    """Try every way to take a pattern for a name, letter by letter."""

    def part(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return any(part(pattern[1:], text[cut:]) for cut in range(len(text) + 1))
        return bool(text) and pattern[0] == text[0] and part(pattern[1:], text[1:])

    def whole(patterns: list[str], parts: list[str]) -> bool:
        if not patterns:
            return not parts
        if patterns[0] == "**":
            return any(whole(patterns[1:], parts[cut:]) for cut in range(1, len(parts) + 1))
        return bool(parts) and part(patterns[0], parts[0]) and whole(patterns[1:], parts[1:])

    if "{user}" in glob and user is None:
        return False
    return whole(glob.replace("{user}", user or "").split("/"), name.split("/"))


def may(rules: list[Rule], who: str, name: str, action: str) -> bool:
    """Tell what a person may do, one rule after the other."""
    called = {
        "anybody": {"anonymous"},
        "a": {"anonymous", "everyone", "user:a", "group:g"},
        "b": {"anonymous", "everyone", "user:b"},
        "ab": {"anonymous", "robot:ab"},
    }[who]
    user = None if who == "anybody" else who
    for rule in rules:
        if not called.intersection(rule.subjects):
            continue
        if action == "catalog":
            if "catalog" in rule.actions:
                return True
            continue
        named = action in rule.actions or (action == "pull" and "push" in rule.actions)
        if named and any(fits(glob, name, user) for glob in rule.repositories):
            return True
    return False


@settings(max_examples=800, deadline=None)
@given(GLOBS, NAMES, st.sampled_from([None, "a", "b"]))
@example("a/**", "a", None)
@example("**/b", "b", None)
@example("a/**/b", "a/b", None)
def test_patterns_match_as_their_words_say(glob: str, name: str, user: str | None) -> None:
    assert globs.matches(glob, name, user) is fits(glob, name, user)


@settings(max_examples=800, deadline=None)
@given(st.lists(RULES, max_size=5), NAMES)
def test_decisions_are_those_of_the_slow_matcher(rules: list[Rule], name: str) -> None:
    policy = Policy(rules)
    for who, identity in PEOPLE.items():
        wanted = [one for one in ("delete", "pull", "push") if may(rules, who, name, one)]
        requested = Scope("repository", name, ("push", "pull", "delete", "other"))
        assert policy.grant(identity, requested) == wanted
        assert policy.grant(identity, Scope("repository", name, ("*",))) == wanted
        lists = ["*"] if may(rules, who, name, "catalog") else []
        assert policy.grant(identity, Scope("registry", "catalog", ("*",))) == lists


@settings(max_examples=300, deadline=None)
@given(st.lists(RULES, min_size=2, max_size=4), NAMES)
def test_a_rule_that_is_called_useless_is_useless(rules: list[Rule], name: str) -> None:
    for number, _ in covered(rules):
        others = rules[:number] + rules[number + 1 :]
        for who, action in product(PEOPLE, ACTIONS):
            assert may(others, who, name, action) == may(rules, who, name, action)


def test_of_many_rules_of_one_subject_few_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [Rule(("everyone",), (f"team{number}/**",), ("push",)) for number in range(500)]
    many += [Rule(("group:a",), ("team7/app",), ("pull",)), Rule(("everyone",), (), ("catalog",))]
    many += [Rule(("group:a",), (), ("catalog",))]
    compared: list[Rule] = []
    real = shadowed_rules._covers
    monkeypatch.setattr(
        shadowed_rules, "_covers", lambda wide, narrow: compared.append(wide) or real(wide, narrow)
    )
    assert list(covered(many)) == [(500, 7), (502, 501)]
    assert len(compared) < 10


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=5))
def test_any_text_as_a_scope_grants_nothing_by_default(texts: list[str]) -> None:
    assert all(Policy([]).grant(PEOPLE["a"], scope) == [] for scope in parse(texts))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab/.-_*:,{}A \n", max_size=30), st.text(max_size=8))
def test_nothing_but_a_name_is_granted(name: str, kind: str) -> None:
    policy = Policy([Rule(("anonymous",), ("**", "*"), ("pull", "push", "delete"))])
    granted = policy.grant(ANYBODY, Scope(kind, name, ("pull",)))
    assert not granted
    granted = policy.grant(ANYBODY, Scope("repository", name, ("pull",)))
    assert granted == (["pull"] if globs.valid_name(name) else [])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("repository:team/app:pull,push", [Scope("repository", "team/app", ("pull", "push"))]),
        ("repository:h:5000/app:pull", [Scope("repository", "h:5000/app", ("pull",))]),
        (
            "repository:a:pull repository:b:push repository:a:push",
            [Scope("repository", "a", ("pull", "push")), Scope("repository", "b", ("push",))],
        ),
        ("registry:catalog:*", [Scope("registry", "catalog", ("*",))]),
        ("repository", []),
        ("repository:a", []),
        ("::", []),
    ],
)
def test_scopes_are_read(text: str, wanted: list[Scope]) -> None:
    assert parse([text]) == wanted


@pytest.mark.parametrize(
    "glob", ["", "A", "a//b", "/a", "a/", "a**", "-a", "a..b", "*a*b*c*", "**/**/**/a"]
)
def test_patterns_that_nothing_can_match(glob: str) -> None:
    assert globs.fault(glob)


def test_a_user_whose_name_is_a_pattern_has_no_place_of_its_own() -> None:
    assert not globs.matches("home/{user}/**", "home/other/app", "*")
    assert not globs.matches("home/{user}/**", "home/a/b/app", "a/b")


def test_a_hard_pattern_is_quick() -> None:
    name = "/".join(["a" * 60] * 4)
    assert not globs.matches("**/*a*a*b/**/*a*a*b", name, None)
