"""Names and passwords, checked by the proxy: whoever gets in may do everything."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings.auth.users import User
from holdfast.settings.section import Section
from holdfast.settings.types import Expect


class Htpasswd(Section):
    """Names and bcrypt hashes, checked by the proxy."""

    mode: Literal["htpasswd"]
    users: Annotated[tuple[User, ...], Field(min_length=1, strict=False), Expect("a list of users")]
    """Who may log in: a list of `name` with `password` or `password_hash`."""
    bcrypt_cost: Annotated[int, Field(ge=10, le=14), Expect("a bcrypt cost from 10 to 14")] = 10
    """Cost of the hashes that are made from `password`; one more doubles the time of a login."""
    realm: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9 ._-]{1,64}$"),
        Expect("letters, digits, spaces and . _ -, at most 64"),
    ] = "Registry"
    """Name that clients show when they ask for a login."""
    cache_seconds: Annotated[int, Field(ge=1, le=86400), Expect("seconds from 1 to 86400")] = 600
    """Seconds for which the proxy remembers whether a login was right; a deploy forgets all."""
    guesses_per_minute: Annotated[int, Field(ge=1, le=600), Expect("a number from 1 to 600")] = 30
    """Logins a minute that are checked of one name from one address, after the first 10; four times
    as many of one name, and from one address. Logins that are remembered do not count."""

    anonymous: Literal["none", "pull"] = "none"
    """What is given without a login: nothing, or manifests, blobs and lists of tags, whoever asks.
    Pushes, deletes and the catalog need a login always."""
    accept_open_access: bool = False
    """With `pull`: that you accept that whoever reaches the registry needs no login to pull; asked
    for on addresses that are not loopback or private."""

    @model_validator(mode="after")
    def _names_once(self) -> Htpasswd:
        counts = Counter(user.name for user in self.users)
        twice = sorted(name for name, count in counts.items() if count > 1)
        if twice:
            raise PydanticCustomError(
                "holdfast_twice",
                "users|each name once|Remove one of the two",
                {"given": ", ".join(twice)},
            )
        if not self.active:
            raise PydanticCustomError(
                "holdfast_nobody", "users|a user that is not disabled|Enable or add one"
            )
        return self

    @property
    def active(self) -> tuple[User, ...]:
        """Those of the users that are not disabled."""
        return tuple(user for user in self.users if not user.disabled)
