"""Users with a password or a bcrypt hash."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import model_validator

from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.section import Section
from holdfast.settings.sections.auth.common_passwords import too_common

SAFE_COST = 10
"""bcrypt cost below which a password should be changed."""


class User(Section):
    """A user, with a password or with a bcrypt hash of it."""

    name: t.UserName
    """Login name."""
    password: t.Password | None = None
    """Password; belongs in a vault. The smoke test uses the first user that has one."""
    password_hash: t.PasswordHash | None = None
    """bcrypt hash of the password, cost 10 or more (`registry_auth_minimum_bcrypt_cost`)."""
    disabled: bool = False
    """Keep the user in the inventory but refuse its logins."""

    @model_validator(mode="after")
    def _exactly_one(self) -> User:
        if (self.password is None) == (self.password_hash is None):
            raise refusal("", "either password or password_hash", "Give one of the two")
        if self.password and too_common(self.password.get_secret_value(), self.name):
            raise refusal(
                "password",
                "a password that is not among the most common ones and not the name",
                "Make one with: holdfast user password NAME --generate",
            )
        return self

    @property
    def hash_cost(self) -> int | None:
        """Cost of the given bcrypt hash; None for a password."""
        return int(self.password_hash.get_secret_value()[4:6]) if self.password_hash else None


def check_costs(users: Iterable[User], minimum: int) -> None:
    """Raise a refusal for the first hash below the minimum cost."""
    for number, user in enumerate(users):
        if user.hash_cost is not None and user.hash_cost < minimum:
            raise refusal(
                f"users[{number}].password_hash",
                f"a bcrypt hash of cost {minimum} or more",
                "Set a new password, or take it until then:"
                f" registry_auth_minimum_bcrypt_cost: {user.hash_cost}",
                given=f"one of cost {user.hash_cost}",
            )
