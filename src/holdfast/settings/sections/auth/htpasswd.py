"""Names and passwords that the proxy checks; every user may pull, push and delete."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from holdfast.settings.refusal import refusal
from holdfast.settings.sections.auth.base import AuthMode
from holdfast.settings.sections.auth.users import SAFE_COST, User, check_costs
from holdfast.settings.types import Expect


class Htpasswd(AuthMode):
    """Names and bcrypt hashes that the proxy checks."""

    mode: Literal["htpasswd"]
    users: Annotated[
        tuple[User, ...],
        Field(min_length=1, strict=False),
        Expect("a list of users", "Add one: holdfast user add NAME"),
    ]
    """Users: a list of `name` with `password` or `password_hash`."""
    bcrypt_cost: Annotated[int, Field(ge=10, le=14), Expect("a bcrypt cost from 10 to 14")] = 10
    """bcrypt cost of hashes that are generated from `password`. Each step doubles the time of a
    login."""
    minimum_bcrypt_cost: Annotated[
        int, Field(ge=4, le=14), Expect("a bcrypt cost from 4 to 14")
    ] = SAFE_COST
    """Lowest accepted bcrypt cost of a `password_hash`. Lower it only for hashes from another
    registry, until the passwords are changed; `holdfast check` names the users."""
    realm: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9 ._-]{1,64}$"),
        Expect("letters, digits, spaces and . _ -, at most 64"),
    ] = "Registry"
    """Authentication realm that clients show in login prompts."""
    cache_seconds: Annotated[int, Field(ge=1, le=86400), Expect("seconds from 1 to 86400")] = 600
    """Seconds for which the proxy caches the result of a login. A deploy empties the cache."""
    guesses_per_minute: Annotated[int, Field(ge=1, le=600), Expect("a number from 1 to 600")] = 30
    """Password checks a minute for one name from one address, after a burst of 10. For one name,
    and for one address, the limit is four times as high. A /64 of IPv6 counts as one address.
    Cached logins do not count."""

    anonymous: Literal["none", "pull"] = "none"
    """Access without a login: `none`, or `pull` for manifests, blobs and tag lists. Pushes, deletes
    and the catalog always need a login."""
    accept_open_access: bool = False
    """Accept that anyone who reaches the registry may pull without a login. Required for
    `registry_auth_anonymous: pull` on addresses that are not loopback or private."""

    @model_validator(mode="after")
    def _names_once(self) -> Htpasswd:
        counts = Counter(user.name for user in self.users)
        twice = sorted(name for name, count in counts.items() if count > 1)
        if twice:
            raise refusal(
                "users", "each name once", "Remove one of the two", given=", ".join(twice)
            )
        if not self.active:
            raise refusal("users", "a user that is not disabled", "Enable or add one")
        check_costs(self.users, self.minimum_bcrypt_cost)
        return self

    @property
    def checks_passwords(self) -> bool:
        """True: the proxy checks passwords."""
        return True

    def with_user(self, user: User) -> Self:
        """Return the settings with one more user."""
        return self.model_copy(update={"users": (*self.users, user)})

    @property
    def open_because(self) -> str | None:
        """Reason for access without a login, as a clause; None if every request needs a login."""
        return "registry_auth_anonymous is pull" if self.anonymous == "pull" else None

    @property
    def htpasswd(self) -> Htpasswd:
        """These settings."""
        return self

    @property
    def active(self) -> tuple[User, ...]:
        """Users that are not disabled."""
        return tuple(user for user in self.users if not user.disabled)
