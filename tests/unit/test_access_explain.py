"""holdfast access explain, and what status says of tokens."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.access import explain
from holdfast.deploying import tokens
from holdfast.errors import InputError
from holdfast.settings import Settings, parse
from tests.unit.test_access_settings import BASE

DAY = 86400


@pytest.fixture
def settings() -> Settings:
    return parse(BASE)


def test_what_is_allowed_and_by_which_rule(settings: Settings) -> None:
    found = explain(settings, "alice", "team/app")
    assert found.subjects == ("anonymous", "everyone", "user:alice", "group:devs")
    words = "registry_auth_rules[1]: group:devs may push, delete in team/**"
    catalog = "registry_auth_rules[3]: everyone may catalog"
    assert found.actions == {
        "pull": [words],
        "push": [words],
        "delete": [words],
        "catalog": [catalog],
    }


@pytest.mark.parametrize(
    ("who", "where", "allowed"),
    [
        ("anonymous", "public/base", {"pull"}),
        ("anonymous", "team/app", set()),
        ("ci", "team/app", {"pull", "push"}),
        ("ci", "team/other", set()),
        ("robot:ci", "team/app", {"pull", "push"}),
        ("user:alice", "team/app", {"pull", "push", "delete", "catalog"}),
        ("ci", "public/base", {"pull"}),
        ("bob", "team", {"catalog"}),
    ],
)
def test_each_kind_of_subject(settings: Settings, who: str, where: str, allowed: set[str]) -> None:
    actions = explain(settings, who, where).actions
    assert {action for action, rules in actions.items() if rules} == allowed


@pytest.mark.parametrize(
    ("who", "where", "changes", "text"),
    [
        ("carol", "team/app", {}, "USER: expected a user or robot of the inventory, or anonymous"),
        ("robot:alice", "a", {}, 'expected a robot of the inventory, got "alice".* are: ci'),
        ("user:ci", "a", {}, "expected a user or robot of the inventory"),
        ("group:devs", "a", {}, "expected who logs in, got a group. Name a member: alice"),
        ("all:ci", "a", {}, "expected NAME, user:NAME, robot:NAME or anonymous"),
        ("alice", "r.example/Team:1", {}, "REPOSITORY: expected a name like team-a/app"),
        ("alice", "a", {"registry_auth_mode": "htpasswd"}, "registry_auth_mode: expected token"),
    ],
)
def test_refusals(who: str, where: str, changes: dict[str, Any], text: str) -> None:
    own = {**BASE, **changes}
    if changes:
        own = {key: value for key, value in own.items() if not key.startswith("registry_auth_")}
        own |= {"registry_auth_users": BASE["registry_auth_users"]}
    with pytest.raises(InputError, match=text):
        explain(parse(own), who, where)


@pytest.mark.parametrize(
    ("keys", "now", "lines"),
    [
        (None, 0, []),
        ({"trusted": 1, "seconds_left": 0}, 0, [("keys", "ok", "one signs")]),
        (
            {"trusted": 2, "seconds_left": 41.7},
            0,
            [
                (
                    "keys",
                    "ok",
                    "one signs, 1 old one is trusted for another 42 s."
                    " Next: holdfast key rotate --finish",
                )
            ],
        ),
        (
            {"trusted": 1, "seconds_left": 0},
            1806537600 - 3 * DAY,
            [
                ("keys", "ok", "one signs"),
                (
                    "robots",
                    "warning",
                    "robot ci: 3 days are left (2027-03-31). Run: holdfast robot renew ci",
                ),
            ],
        ),
        (
            {"trusted": 1, "seconds_left": 0},
            1806537600 + DAY,
            [
                ("keys", "ok", "one signs"),
                (
                    "robots",
                    "warning",
                    "robot ci: it has expired (2027-03-31). Run: holdfast robot renew ci",
                ),
            ],
        ),
    ],
)
def test_status_tells_of_keys_and_robots(
    settings: Settings, keys: dict[str, Any] | None, now: float, lines: list[Any]
) -> None:
    assert list(tokens.lines(settings, {"keys": keys, "time": now})) == lines
