"""Explain access rights: the issuer's own decision, with the rules behind it."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.errors import InputError
from holdfast.issuer import globs
from holdfast.issuer.rules import (
    ANONYMOUS,
    ANYBODY,
    CATALOG,
    ON_REPOSITORIES,
    Identity,
    Policy,
    Rule,
)
from holdfast.settings import Settings
from holdfast.settings.sections.auth import Token


@dataclass(frozen=True)
class Explanation:
    """Access rights of a user or robot in a repository."""

    subject: str
    subjects: tuple[str, ...]
    """All subjects of rules that match the user."""
    repository: str
    actions: dict[str, list[str]]
    """Rules that allow each action, as text. An empty list: the action is refused."""


def explain(settings: Settings, who: str, repository: str) -> Explanation:
    """Return the rights of a user or robot in a repository. Raises InputError."""
    auth = settings.auth.token
    if auth is None:
        raise InputError(
            f"registry_auth_mode: expected token, for {settings.auth.mode} has no rules."
            " See docs/access.md"
        )
    if not globs.valid_name(repository):
        raise InputError(
            f'REPOSITORY: expected a name like team-a/app, without host and tag, got "{repository}"'
        )
    identity, policy = identity_of(auth, who), Policy(rule.rule for rule in auth.rules)
    allowed = policy.allows(identity, repository)
    actions = {
        **{action: allowed.get(action, []) for action in ON_REPOSITORIES},
        CATALOG: policy.lists(identity),
    }
    rules_by_action = {
        action: [_words(number, policy.rules[number]) for number in numbers]
        for action, numbers in actions.items()
    }
    return Explanation(identity.subject, identity.subjects, repository, rules_by_action)


def identity_of(auth: Token, who: str) -> Identity:
    """Return the identity behind a name: `alice`, `user:alice`, `robot:ci` or `anonymous`.

    Raises InputError if the inventory has no such user or robot.
    """
    if who == ANONYMOUS:
        return ANYBODY
    kind, colon, name = who.partition(":")
    if colon and kind == "group":
        group = next((one for one in auth.groups if one.name == name), None)
        members = ", ".join(group.members) if group else "nobody"
        raise InputError(f"USER: expected who logs in, got a group. Name a member: {members}")
    if colon and kind not in ("user", "robot"):
        raise InputError(f'USER: expected NAME, user:NAME, robot:NAME or anonymous, got "{who}"')
    robots = sorted(robot.name for robot in auth.robots)
    if kind == "robot" and colon and name not in robots:
        listed = ", ".join(robots) or "none"
        raise InputError(
            f'USER: expected a robot of the inventory, got "{name}". There are: {listed}'
        )
    who = name if colon else who
    if who in robots and not (colon and kind == "user"):
        return Identity(who, "robot")
    groups = tuple(group.name for group in auth.groups if who in group.members)
    if auth.only_inventory and who not in {user.name for user in auth.users}:
        raise InputError(
            f'USER: expected a user or robot of the inventory, or anonymous, got "{who}".'
            " registry_auth_users and registry_auth_robots list them"
        )
    return Identity(who, "user", groups)


def _words(number: int, rule: Rule) -> str:
    where = f" in {', '.join(rule.repositories)}" if rule.repositories else ""
    whom = ", ".join(rule.subjects)
    return f"registry_auth_rules[{number}]: {whom} may {', '.join(rule.actions)}{where}"
