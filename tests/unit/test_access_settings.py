"""Errors in users, groups, robots and rules, with their exact texts."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from holdfast.deploying import desired
from holdfast.issuer import keys
from holdfast.rendering import render
from holdfast.rendering.components import services
from holdfast.settings import SettingsError, parse

SUM = "sha256:" + "a" * 64
BASE: dict[str, Any] = {
    "registry_hostname": "registry.example.com",
    "registry_distribution_checksum": "sha256:" + "0" * 64,
    "registry_auth_mode": "token",
    "registry_auth_users": [
        {"name": "alice", "password": "correct-horse"},
        {"name": "bob", "password_hash": "$2b$10$" + "a" * 53},
    ],
    "registry_auth_groups": [{"name": "devs", "members": ["alice", "bob"]}],
    "registry_auth_robots": [{"name": "ci", "secret_hash": SUM, "expires": date(2027, 3, 31)}],
    "registry_auth_rules": [
        {"subjects": ["anonymous"], "repositories": ["public/**"], "actions": ["pull"]},
        {"subjects": ["group:devs"], "repositories": ["team/**"], "actions": ["push", "delete"]},
        {"subjects": ["robot:ci"], "repositories": ["team/app"], "actions": ["push"]},
        {"subjects": ["everyone"], "actions": ["catalog"]},
    ],
}


def rule(subjects: list[str], repositories: list[str], actions: list[str]) -> dict[str, Any]:
    return {"subjects": subjects, "repositories": repositories, "actions": actions}


WRONG: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"registry_auth_rules": [rule(["user:carol", "group:ops", "robot:x"], ["a"], ["pull"])]},
        [
            "registry_auth_rules[0].subjects[0]: expected a user of registry_auth_users,"
            ' got "carol". There is: alice, bob',
            "registry_auth_rules[0].subjects[1]: expected a group of registry_auth_groups,"
            ' got "ops". There is: devs',
            "registry_auth_rules[0].subjects[2]: expected a robot of registry_auth_robots,"
            ' got "x". There is: ci',
        ],
    ),
    (
        {"registry_auth_rules": [rule(["everyone"], ["Team/**", "a**"], ["pull"])]},
        [
            "registry_auth_rules[0].repositories[0]: expected lower-case letters, digits, single"
            ' . _ - between them, /, *, ** and {user}, got "Team/**".'
            " No repository can have such a name",
            "registry_auth_rules[0].repositories[1]: expected ** alone between two /,"
            ' got "a**". No repository can have such a name',
        ],
    ),
    (
        {"registry_auth_rules": [rule(["anonymous"], ["home/{user}/*"], ["pull"])]},
        [
            "registry_auth_rules[0].repositories[0]: expected no {user}, for anonymous has no"
            " name. Write another pattern"
        ],
    ),
    (
        {"registry_auth_rules": [rule(["everyone"], [], ["pull", "push"])]},
        [
            "registry_auth_rules[0].repositories: expected patterns for pull, push, got nothing."
            " Give some"
        ],
    ),
    (
        {"registry_auth_rules": [rule(["everyone"], ["a"], ["catalog"])]},
        [
            "registry_auth_rules[0].repositories: given, but catalog is about all repositories at"
            " once. Remove them, or add an action"
        ],
    ),
    (
        {
            "registry_auth_rules": [
                *BASE["registry_auth_rules"],
                rule(["user:bob"], ["public/team/*"], ["pull"]),
            ]
        },
        [
            "registry_auth_rules[4]: allows nothing that registry_auth_rules[0] does not allow."
            " Remove it"
        ],
    ),
    (
        {"registry_auth_robots": [{"name": "alice", "secret_hash": SUM, "expires": "2027-01-01"}]},
        [
            "registry_auth_robots[0].name: expected each name once, among users and robots,"
            ' got "alice" again. Rename it',
            "registry_auth_rules[2].subjects[0]: expected a robot of registry_auth_robots,"
            ' got "ci". There is: alice',
        ],
    ),
    (
        {"registry_auth_groups": [{"name": "devs", "members": ["carol"]}]},
        [
            "registry_auth_groups[0].members[0]: expected a user of registry_auth_users,"
            ' got "carol". There is: alice, bob'
        ],
    ),
    (
        {
            "registry_auth_robots": [
                {"name": "ci", "secret_hash": "letmein", "expires": "2027-02-30"}
            ]
        },
        [
            'registry_auth_robots[0].expires: expected a day as 2027-12-31, got "2027-02-30"'
            " (a string)",
            "registry_auth_robots[0].secret_hash: expected sha256: and 64 hexadecimal digits,"
            " got a secret that is not shown. holdfast robot add makes a secret and its sum",
        ],
    ),
    (
        {"registry_auth_signing_key": "-----BEGIN PRIVATE KEY-----\nxx\n"},
        [
            "registry_auth_signing_key: expected a private key of P-256 in PEM, without a"
            " passphrase, got a secret that is not shown (a PEM text without its last line). Make"
            " one with: openssl genpkey -algorithm"
            " EC -pkeyopt ec_paramgen_curve:P-256"
        ],
    ),
]


@pytest.mark.parametrize(("more", "texts"), WRONG, ids=lambda one: str(one)[:60])
def test_everything_that_is_wrong_is_told(more: dict[str, Any], texts: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        parse({**BASE, **more})
    assert [str(one) for one in caught.value.complaints] == texts


def test_a_generation_has_an_issuer_and_its_secrets_are_no_ones() -> None:
    settings = parse(BASE)
    tree = render(settings)
    assert set(services(settings)) == {"registry", "issuer"}
    assert "proxy/htpasswd" not in tree
    access, logins = (
        json.loads(tree[f"issuer/{name}.json"].content) for name in ("access", "sources")
    )
    assert access["names"]["service"] == "registry.example.com"
    assert access["rules"][0]["subjects"] == ["anonymous"]
    assert logins["sources"][0]["users"]["alice"]["groups"] == ["devs"]
    assert logins["sources"][0]["robots"]["ci"]["until"] == 1806537600
    assert tree["issuer/sources.json"].sensitive
    assert not [
        path
        for path, file in tree.items()
        if not file.sensitive and ("correct-horse" in file.content or "a" * 53 in file.content)
    ]
    assert "python3-jwt" in desired(settings).packages


def test_a_key_of_the_inventory_is_a_secret_that_root_alone_reads() -> None:
    pem = keys.private_pem(keys.make())
    file = render(parse({**BASE, "registry_auth_signing_key": pem}))["issuer/keys.json"]
    assert (file.mode, file.group, file.sensitive) == (0o400, "root", True)
    assert json.loads(file.content)["signing"] == pem


@pytest.mark.parametrize(
    ("version", "lines"),
    [
        ("3.1.1", ['jwks: "/etc/holdfast/trust/jwks.json"', 'signingalgorithms: ["ES256"]']),
        ("2.8.3", ['rootcertbundle: "/etc/holdfast/trust/bundle.pem"']),
    ],
)
def test_the_registry_takes_tokens_of_one_issuer(version: str, lines: list[str]) -> None:
    config = render(parse({**BASE, "registry_distribution_version": version}))[
        "registry/config.yml"
    ]
    for line in [*lines, 'realm: "https://registry.example.com/auth/token"']:
        assert line in config.content
    assert ("signingalgorithms" in config.content) is (version == "3.1.1")


def test_in_other_modes_nothing_of_it_is_there() -> None:
    tree = render(
        parse(
            {key: value for key, value in BASE.items() if not key.startswith("registry_auth_")}
            | {"registry_auth_users": BASE["registry_auth_users"]}
        )
    )
    assert not [path for path in tree if "issuer" in path]
    assert "auth:" not in tree["registry/config.yml"].content
