"""Who may do what: rules that only ever allow, and the decision of all of them. Default: nothing.

Pure, and quick with a thousand rules: those of a subject are found by its name, then matched.
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
ANY = "*"
"""What old clients ask for when they mean every action, and what the catalog's action is called."""


@dataclass(frozen=True)
class Identity:
    """Who asks, proven by a login; see ANYBODY for who has none."""

    name: str | None
    """Name of the login; None: nobody in particular."""
    kind: str = "user"
    """`user`, or `robot`."""
    groups: tuple[str, ...] = ()
    """Groups that a user belongs to."""
    mark: str = ""
    """Changes with the password: what was remembered of another one is worth nothing."""

    @property
    def subject(self) -> str:
        """What rules and the audit log call this identity."""
        return f"{self.kind}:{self.name}" if self.name else ANONYMOUS

    @property
    def subjects(self) -> tuple[str, ...]:
        """All that rules can call it: what is for nobody in particular is for everybody.

        A robot is not of `everyone`: it has what names it, and what is open.
        """
        if self.name is None:
            return (ANONYMOUS,)
        if self.kind != "user":
            return (ANONYMOUS, self.subject)
        return (ANONYMOUS, EVERYONE, self.subject, *(f"group:{group}" for group in self.groups))


ANYBODY = Identity(None)


@dataclass(frozen=True)
class Rule:
    """Subjects that may do something in repositories, or list them all."""

    subjects: tuple[str, ...]
    repositories: tuple[str, ...]
    actions: tuple[str, ...]

    @property
    def allowed(self) -> frozenset[str]:
        """The actions: who may push may pull, for the registry asks for both at a push."""
        return frozenset(self.actions) | ({PULL} if PUSH in self.actions else set())

    def covers(self, name: str, user: str | None) -> bool:
        """Tell whether a repository is one of this rule's."""
        return any(matches(glob, name, user) for glob in self.repositories)


class Policy:
    """All rules, in the order in which they were written."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._of: dict[str, list[int]] = {}
        for number, rule in enumerate(self.rules):
            for subject in dict.fromkeys(rule.subjects):
                self._of.setdefault(subject, []).append(number)

    @classmethod
    def of(cls, told: Iterable[Mapping[str, Any]]) -> Policy:
        """Return the policy that a configuration lists."""
        keys = ("subjects", "repositories", "actions")
        return cls(Rule(*(tuple(one[key]) for key in keys)) for one in told)

    def allows(self, identity: Identity, name: str) -> dict[str, list[int]]:
        """Return what an identity may do in a repository, by action with the rules that say so."""
        found: dict[str, list[int]] = {}
        if valid_name(name):
            for number in self._numbers(identity):
                rule = self.rules[number]
                if rule.covers(name, identity.name):
                    for action in rule.allowed & set(ON_REPOSITORIES):
                        found.setdefault(action, []).append(number)
        return found

    def lists(self, identity: Identity) -> list[int]:
        """Return the rules that let an identity list all repositories."""
        numbers = self._numbers(identity)
        return [number for number in numbers if CATALOG in self.rules[number].actions]

    def grant(self, identity: Identity, scope: Scope) -> list[str]:
        """Return what is granted of a scope, sorted; never more than was asked for."""
        if scope.kind == "registry" and scope.name == "catalog":
            return [ANY] if ANY in scope.actions and self.lists(identity) else []
        if scope.kind != "repository":
            return []
        wanted = set(ON_REPOSITORIES) if ANY in scope.actions else set(scope.actions)
        return sorted(wanted & self.allows(identity, scope.name).keys())

    def _numbers(self, identity: Identity) -> Iterator[int]:
        """Yield the rules that speak of an identity, in their order."""
        yield from sorted({n for subject in identity.subjects for n in self._of.get(subject, ())})
