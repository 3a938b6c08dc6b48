"""Who may do what, and by which rule: the issuer's own decision, in words."""

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
from holdfast.settings.auth import Token


@dataclass(frozen=True)
class Explanation:
    """What somebody may do in a repository."""

    subject: str
    subjects: tuple[str, ...]
    """All that rules can call it."""
    repository: str
    actions: dict[str, list[str]]
    """The rules that allow each action, as they are written; none: it is refused."""


def explain(settings: Settings, who: str, repository: str) -> Explanation:
    """Return what somebody may do in a repository. Raises InputError."""
    auth = settings.auth
    if not isinstance(auth, Token):
        raise InputError(
            f"registry_auth_mode: expected token, for {auth.mode} has no rules. See docs/access.md"
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
    told = {
        action: [_words(number, policy.rules[number]) for number in numbers]
        for action, numbers in actions.items()
    }
    return Explanation(identity.subject, identity.subjects, repository, told)


def identity_of(auth: Token, who: str) -> Identity:
    """Return who a name is. Raises InputError when the inventory has no such user or robot."""
    if who == ANONYMOUS:
        return ANYBODY
    if who in {robot.name for robot in auth.robots}:
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
