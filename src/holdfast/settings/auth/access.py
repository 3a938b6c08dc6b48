"""Groups, robots and rules of access, and all that is wrong among them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

from holdfast.errors import Complaint
from holdfast.issuer import globs, rules
from holdfast.settings import types as t
from holdfast.settings.auth import overlaps
from holdfast.settings.section import Section
from holdfast.settings.types import Expect

if TYPE_CHECKING:
    from holdfast.settings.auth.token import Token


def _is_sum(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not (
        text.startswith("sha256:") and len(text) == 71 and set(text[7:]) <= set("0123456789abcdef")
    ):
        raise PydanticCustomError("secret_hash", "form")
    return secret


def _as_text(value: Any) -> Any:
    """YAML makes a date of what looks like one."""
    return value.isoformat() if type(value) is datetime.date else value


def _is_day(text: str) -> str:
    try:
        datetime.date.fromisoformat(text)
    except ValueError as error:
        raise PydanticCustomError("day", "form") from error
    return text


Subject = Annotated[
    str,
    StringConstraints(
        pattern=r"^(?:anonymous|everyone|(?:user|group|robot):[A-Za-z0-9][A-Za-z0-9._@-]{0,63})$"
    ),
    Expect("user:NAME, group:NAME, robot:NAME, everyone (who is logged in) or anonymous"),
]
SecretSum = Annotated[
    SecretStr,
    AfterValidator(_is_sum),
    Expect("sha256: and 64 hexadecimal digits", "holdfast robot add makes a secret and its sum"),
]
Day = Annotated[
    str,
    BeforeValidator(_as_text),
    StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$"),
    AfterValidator(_is_day),
    Expect("a day as 2027-12-31"),
]


class Group(Section):
    """Users who are spoken of together."""

    name: t.UserName
    """Name of the group, in rules `group:NAME`."""
    members: Annotated[
        tuple[t.UserName, ...], Field(strict=False), Expect("a list of names of users")
    ]
    """Names of the users that belong to it."""


class Robot(Section):
    """A machine that logs in with a secret of its own, for a time."""

    name: t.UserName
    """Name to log in with, in rules `robot:NAME`; no user has the same."""
    secret_hash: SecretSum
    """SHA-256 of its secret; `holdfast robot add` makes both."""
    expires: Day
    """Last day, in UTC, on which it may log in."""
    description: str = ""
    """What it is for."""

    @property
    def until(self) -> float:
        """End of its last day, in seconds of the epoch."""
        day = datetime.date.fromisoformat(self.expires) + datetime.timedelta(days=1)
        return datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.UTC).timestamp()


class AccessRule(Section):
    """Who may do what where. Rules only ever allow: what none of them allows is refused."""

    subjects: Annotated[
        tuple[Subject, ...], Field(min_length=1, strict=False), Expect("a list of subjects")
    ]
    """`user:NAME`, `group:NAME`, `robot:NAME`, `everyone` (every user who is logged in, robots
    are not among them) or `anonymous` (everybody at all)."""
    repositories: Annotated[
        tuple[str, ...], Field(strict=False), Expect("a list of patterns", 'e.g. ["team-a/**"]')
    ] = ()
    """Patterns for whole names: `*` stands for any letters between two `/`, `**` for one component
    or more, `{user}` for the name of who asks."""
    actions: Annotated[
        tuple[Literal["pull", "push", "delete", "catalog"], ...],
        Field(min_length=1, strict=False),
        Expect("a list of pull, push, delete, catalog"),
    ]
    """`pull`, `push` (and with it `pull`), `delete`; `catalog` is to list all repositories."""

    @property
    def rule(self) -> rules.Rule:
        """The same for the issuer."""
        return rules.Rule(self.subjects, self.repositories, tuple(self.actions))


def complaints(auth: Token) -> list[Complaint]:
    """Return what is wrong among users, groups, robots and rules, everything at once."""
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
            for number, other in overlaps.covered([rule.rule for rule in auth.rules])
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
        told = kind == "robot" or only_inventory
        if name and told and name not in known[kind]:
            yield _unknown(f"{path}.subjects[{place}]", kind, name, known[kind])
    for place, glob in enumerate(rule.repositories):
        fault = globs.fault(glob)
        if fault:
            text = f'expected {fault}, got "{glob}". No repository can have such a name'
            yield Complaint(f"registry_auth_{path}.repositories[{place}]", text)
        elif globs.USER in glob and set(rule.subjects) <= {rules.ANONYMOUS}:
            text = "expected no {user}, for nobody in particular has no name. Write another pattern"
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
