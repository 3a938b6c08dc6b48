"""Access rules and the decision over all of them. Rules only allow; the default is to refuse.

Pure functions, fast with a thousand rules: rules are indexed by subject, then matched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.issuer.globs import matches, valid_name
from holdfast.issuer.scopes import Scope

ANONYMOUS, EVERYONE = "anonymous", "everyone"
PULL, PUSH, DELETE, CATALOG = "pull", "push", "delete", "catalog"
ON_REPOSITORIES = (PULL, PUSH, DELETE)
VERIFIER, VERIFIED = "verifier", "holdfast/verify"
"""Kind of a verification's temporary user, and the one repository that it may do anything in."""
ANY = "*"
"""Action `*`: old clients request it for all actions, and it is the action of the catalog."""


@dataclass(frozen=True)
class Identity:
    """A requesting user or robot, proven by a login; see ANYBODY for requests without one."""

    name: str | None
    """Login name; None without a login."""
    kind: str = "user"
    """Kind of identity: `user`, `robot` or `verifier`."""
    groups: tuple[str, ...] = ()
    """Groups of the user."""
    mark: str = ""
    """Fingerprint of the password; invalidates cached logins when it changes."""

    @property
    def subject(self) -> str:
        """Name of the identity in rules and in the audit log."""
        return f"{self.kind}:{self.name}" if self.name else ANONYMOUS

    @property
    def subjects(self) -> tuple[str, ...]:
        """All subjects of rules that match the identity; `anonymous` matches everyone.

        A robot is not part of `everyone`: it gets the rights of its own name and of `anonymous`.
        """
        if self.name is None:
            return (ANONYMOUS,)
        if self.kind != "user":
            return (ANONYMOUS, self.subject)
        return (ANONYMOUS, EVERYONE, self.subject, *(f"group:{group}" for group in self.groups))


ANYBODY = Identity(None)


@dataclass(frozen=True)
class Rule:
    """Actions that subjects may perform in repositories, or on the catalog."""

    subjects: tuple[str, ...]
    repositories: tuple[str, ...]
    actions: tuple[str, ...]

    @property
    def allowed(self) -> frozenset[str]:
        """The allowed actions. `push` includes `pull`, because a push requests both."""
        return frozenset(self.actions) | ({PULL} if PUSH in self.actions else set())

    def covers(self, name: str, user: str | None) -> bool:
        """Tell whether the rule applies to a repository."""
        return any(matches(glob, name, user) for glob in self.repositories)


class Policy:
    """All rules, in the order of the settings."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._of: dict[str, list[int]] = {}
        for number, rule in enumerate(self.rules):
            for subject in dict.fromkeys(rule.subjects):
                self._of.setdefault(subject, []).append(number)

    @classmethod
    def of(cls, configured: Iterable[Mapping[str, Any]]) -> Policy:
        """Create the policy from the rules of a configuration."""
        keys = ("subjects", "repositories", "actions")
        return cls(Rule(*(tuple(one[key]) for key in keys)) for one in configured)

    def allows(self, identity: Identity, name: str) -> dict[str, list[int]]:
        """Return the allowed actions in a repository, each with the indexes of the rules that allow
        it."""
        if identity.kind == VERIFIER and name == VERIFIED:
            return {action: [] for action in ON_REPOSITORIES}
        found: dict[str, list[int]] = {}
        if valid_name(name):
            for number in self._numbers(identity):
                rule = self.rules[number]
                if rule.covers(name, identity.name):
                    for action in rule.allowed & set(ON_REPOSITORIES):
                        found.setdefault(action, []).append(number)
        return found

    def lists(self, identity: Identity) -> list[int]:
        """Return the indexes of the rules that let an identity list all repositories."""
        numbers = self._numbers(identity)
        return [number for number in numbers if CATALOG in self.rules[number].actions]

    def grant(self, identity: Identity, scope: Scope) -> list[str]:
        """Return the granted actions of a scope, sorted; never more than requested."""
        if scope.kind == "registry" and scope.name == "catalog":
            return [ANY] if ANY in scope.actions and self.lists(identity) else []
        if scope.kind != "repository":
            return []
        wanted = set(ON_REPOSITORIES) if ANY in scope.actions else set(scope.actions)
        return sorted(wanted & self.allows(identity, scope.name).keys())

    def _numbers(self, identity: Identity) -> Iterator[int]:
        """Yield the indexes of the rules for an identity, in order."""
        yield from sorted({n for subject in identity.subjects for n in self._of.get(subject, ())})
