"""Groups, robots and access rules."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

from holdfast.issuer import rules
from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.types import Expect


def _is_sum(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not (
        text.startswith("sha256:") and len(text) == 71 and set(text[7:]) <= set("0123456789abcdef")
    ):
        raise PydanticCustomError("secret_hash", "form")
    return secret


def _as_text(value: Any) -> Any:
    """Convert a date back to a string: YAML parses an unquoted day as a date."""
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
    """Users who share access rules."""

    name: t.UserName
    """Name of the group; rules refer to it as `group:NAME`."""
    members: Annotated[
        tuple[t.UserName, ...], Field(strict=False), Expect("a list of names of users")
    ]
    """Names of the group's users."""


class Robot(Section):
    """A machine that logs in with a secret of its own until an expiry date."""

    name: t.UserName
    """Login name; rules refer to it as `robot:NAME`. No user may have the same name."""
    secret_hash: SecretSum
    """SHA-256 of the robot's secret; `holdfast robot add` creates both."""
    expires: Day
    """Last day, in UTC, on which the robot may log in."""
    description: str = ""
    """Purpose of the robot, as free text."""

    @property
    def until(self) -> float:
        """End of the last valid day, in seconds since the epoch."""
        day = datetime.date.fromisoformat(self.expires) + datetime.timedelta(days=1)
        return datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.UTC).timestamp()


class AccessRule(Section):
    """Permission for subjects on repositories. Rules only allow; all else is refused."""

    subjects: Annotated[
        tuple[Subject, ...], Field(min_length=1, strict=False), Expect("a list of subjects")
    ]
    """`user:NAME`, `group:NAME`, `robot:NAME`, `everyone` (all logged-in users, without robots) or
    `anonymous` (all requests, with or without a login)."""
    repositories: Annotated[
        tuple[str, ...], Field(strict=False), Expect("a list of patterns", 'e.g. ["team-a/**"]')
    ] = ()
    """Patterns for whole repository names: `*` matches any characters between two `/`, `**` one or
    more components, `{user}` the name of the requesting user."""
    actions: Annotated[
        tuple[Literal["pull", "push", "delete", "catalog"], ...],
        Field(min_length=1, strict=False),
        Expect("a list of pull, push, delete, catalog"),
    ]
    """`pull`, `push` (includes `pull`), `delete` or `catalog`. `catalog` allows listing all
    repositories."""

    @property
    def rule(self) -> rules.Rule:
        """The rule in the issuer's form."""
        return rules.Rule(self.subjects, self.repositories, tuple(self.actions))
