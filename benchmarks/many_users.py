"""Measure the growth of costs with the number of users and of access rules."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from typing import Any

import bcrypt

from benchmarks import growth
from benchmarks.figures import Result, say
from benchmarks.growth import Growth
from benchmarks.lab import PASSWORD, Lab
from benchmarks.login_gate import opened
from holdfast.issuer.rules import Identity, Policy
from holdfast.issuer.scopes import Scope
from holdfast.rendering import render
from holdfast.settings import parse

SIZES = (10, 100, 1_000, 10_000)
ROUNDS, DECISIONS = 5, 20
NOTE = """Settings alone, without Ansible, which reads a YAML file of many lines more slowly than
that. First logins are of the last users of the file; most of their time is bcrypt's, cost 10, which
a name that nobody has is spared."""
SCOPE = Scope("repository", "team7/app", ("pull", "push"))


def measure(_: Lab) -> list[Result]:
    """Measure users with passwords, then rules for them."""
    with ExitStack() as stack:
        gates = {size: stack.enter_context(opened(users(size), size)) for size in SIZES}
        grown = [
            _grown("settings, parsed and rendered", "ms", lambda size: _made(users(size))),
            _grown("first login", "ms", lambda size: gates[size].first()),
            _grown("an unknown user", "ms", lambda size: gates[size].unknown()),
            _grown("a login that is remembered", "ms", lambda size: gates[size].again()),
        ]
    ruled = [
        _grown("settings, parsed and rendered", "ms", lambda size: _made(rules(size, "own"))),
        _grown("the same, all for one group", "ms", lambda size: _made(rules(size, "one"))),
        _grown("a decision, a user of one group", "µs", lambda size: _decided(size, 1)),
        _grown("a decision, a user of all", "µs", lambda size: _decided(size, size)),
    ]
    note = " ".join(NOTE.splitlines())
    return [growth.table("Logins", "users", grown, note), growth.table("Access", "rules", ruled)]


@cache
def hashed() -> str:
    """Return the hash that every user has."""
    return bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()


def users(size: int) -> dict[str, Any]:
    """Return the settings with a number of users."""
    return {
        "registry_hostname": "registry.holdfast.test",
        "registry_distribution_checksum": "sha256:" + "a" * 64,
        "registry_auth_users": [
            {"name": f"user{number}", "password_hash": hashed()} for number in range(size)
        ],
    }


def rules(size: int, kind: str) -> dict[str, Any]:
    """Return the settings with a number of rules, for as many groups or for one."""
    groups = [{"name": f"group{number}", "members": ["user0"]} for number in range(size)]
    subjects = [f"group:group{number if kind == 'own' else 0}" for number in range(size)]
    return {
        **users(10),
        "registry_auth_mode": "token",
        "registry_auth_groups": groups,
        "registry_auth_rules": [
            {"subjects": [subject], "repositories": [f"team{number}/**"], "actions": ["push"]}
            for number, subject in enumerate(subjects)
        ],
    }


def _made(variables: dict[str, Any]) -> float:
    """Return the milliseconds of processor time from variables to files."""
    begun = time.process_time()
    render(parse(variables))
    return (time.process_time() - begun) * 1000


def _decided(size: int, groups: int) -> float:
    """Return the microseconds of processor time of a decision; each group has one rule."""
    policy = Policy.of(rules(size, "own")["registry_auth_rules"])
    names = tuple(f"group{number}" for number in range(groups))
    who = Identity("user0", "user", names)
    policy.grant(who, SCOPE)
    begun = time.process_time()
    for _ in range(DECISIONS):
        policy.grant(who, SCOPE)
    return (time.process_time() - begun) / DECISIONS * 1e6


def _grown(what: str, unit: str, run: Callable[[int], float]) -> Growth:
    say(what)
    samples: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(ROUNDS):
        for size in SIZES:
            samples[size].append(run(size))
    return Growth(what, unit, samples)
