"""Who may log in."""

from __future__ import annotations

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.auth.common import too_common
from holdfast.settings.section import Section


class User(Section):
    """A person or machine that may log in, with a password or with the bcrypt hash of one."""

    name: t.UserName
    """Name to log in with."""
    password: t.Password | None = None
    """Password; belongs in a vault. The first user that has one is used for the smoke test."""
    password_hash: t.PasswordHash | None = None
    """bcrypt hash of the password, cost 10 or more."""
    disabled: bool = False
    """Whether the user is kept, but cannot log in."""

    @model_validator(mode="after")
    def _exactly_one(self) -> User:
        if (self.password is None) == (self.password_hash is None):
            raise PydanticCustomError(
                "holdfast_one_of", "|either password or password_hash|Give one of the two"
            )
        if self.password and too_common(self.password.get_secret_value(), self.name):
            raise PydanticCustomError(
                "holdfast_common",
                "password|a password that is not among the most common ones and not the name"
                "|Make one with: holdfast user password NAME --generate",
            )
        return self
