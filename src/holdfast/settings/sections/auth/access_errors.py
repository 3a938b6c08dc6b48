"""Check users, groups, robots and rules for unknown, duplicate and conflicting names."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.errors import Complaint
from holdfast.issuer import globs, rules
from holdfast.settings.sections.auth import shadowed_rules
from holdfast.settings.sections.auth.access import AccessRule
from holdfast.settings.sections.auth.token import Token


def errors(auth: Token) -> list[Complaint]:
    """Return all errors in users, groups, robots and rules."""
    names = [user.name for user in auth.users]
    known = {"user": set(names), "group": {one.name for one in auth.groups}}
    known["robot"] = {one.name for one in auth.robots}
    found = [
        *_twice("users", names),
        *_twice("groups", [one.name for one in auth.groups]),
        *_twice("robots", [one.name for one in auth.robots], known["user"]),
    ]
    if auth.only_inventory:
        found += [
            _unknown(f"groups[{number}].members[{place}]", "user", name, known["user"])
            for number, group in enumerate(auth.groups)
            for place, name in enumerate(group.members)
            if name not in known["user"]
        ]
    for number, rule in enumerate(auth.rules):
        found += _in_rule(f"rules[{number}]", rule, known, auth.only_inventory)
    if not found:
        found += [
            Complaint(
                f"registry_auth_rules[{number}]",
                f"allows nothing that registry_auth_rules[{other}] does not allow. Remove it",
            )
            for number, other in shadowed_rules.covered([rule.rule for rule in auth.rules])
        ]
    return found


def _twice(key: str, names: list[str], others: set[str] | None = None) -> Iterator[Complaint]:
    seen = set(others or ())
    for number, name in enumerate(names):
        if name in seen:
            text = f'expected each name once, among users and robots, got "{name}" again. Rename it'
            yield Complaint(f"registry_auth_{key}[{number}].name", text)
        seen.add(name)


def _in_rule(
    path: str, rule: AccessRule, known: dict[str, set[str]], only_inventory: bool
) -> Iterator[Complaint]:
    for place, subject in enumerate(rule.subjects):
        kind, _, name = subject.partition(":")
        # Another source of logins has users and groups that cannot be known here.
        checked = kind == "robot" or only_inventory
        if name and checked and name not in known[kind]:
            yield _unknown(f"{path}.subjects[{place}]", kind, name, known[kind])
    for place, glob in enumerate(rule.repositories):
        fault = globs.fault(glob)
        if fault:
            text = f'expected {fault}, got "{glob}". No repository can have such a name'
            yield Complaint(f"registry_auth_{path}.repositories[{place}]", text)
        elif globs.USER in glob and set(rule.subjects) <= {rules.ANONYMOUS}:
            text = "expected no {user}, for anonymous has no name. Write another pattern"
            yield Complaint(f"registry_auth_{path}.repositories[{place}]", text)
    on_repositories = set(rule.actions) & set(rules.ON_REPOSITORIES)
    if on_repositories and not rule.repositories:
        text = f"expected patterns for {', '.join(sorted(on_repositories))}, got nothing. Give some"
        yield Complaint(f"registry_auth_{path}.repositories", text)
    elif rule.repositories and not on_repositories:
        text = "given, but catalog is about all repositories at once. Remove them, or add an action"
        yield Complaint(f"registry_auth_{path}.repositories", text)


def _unknown(path: str, kind: str, name: str, known: set[str]) -> Complaint:
    there = ", ".join(sorted(known)[:8]) or "none"
    text = f'expected a {kind} of registry_auth_{kind}s, got "{name}". There is: {there}'
    return Complaint(f"registry_auth_{path}", text)
