"""Validate, generate and hash names and passwords of users."""

from __future__ import annotations

import secrets
from typing import Any

from pydantic import ConfigDict, SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from holdfast.errors import InputError
from holdfast.settings import types as t
from holdfast.settings.sections.auth.common_passwords import too_common
from holdfast.settings.variables import expectation

# Without letters and digits that look alike.
_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
GENERATED_LENGTH = 24
_CONFIG = ConfigDict(regex_engine="python-re")


def accepted_name(name: str) -> str:
    """Return a valid user name. Raises InputError for an invalid one."""
    check_value(t.UserName, name, "NAME")
    return name


def accepted_password(password: str, name: str) -> str:
    """Return a valid password. Raises InputError, without the password in it, for an invalid
    one."""
    check_value(t.Password, SecretStr(password), "password")
    if too_common(password, name):
        raise InputError(
            "password: expected one that is not among the most common ones and not the name."
            " Let one be made: --generate"
        )
    return password


def generated() -> str:
    """Return a new password of 139 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(GENERATED_LENGTH))


def hashed(password: str, cost: int) -> str:
    """Return a bcrypt hash with a new salt."""
    import bcrypt  # noqa: PLC0415 -- a listing does not need it

    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()


def check_value(kind: Any, value: object, what: str) -> Any:
    """Return a value of a kind of the settings. Raises InputError, without the value in it."""
    try:
        return TypeAdapter(kind, config=_CONFIG).validate_python(value)
    except ValidationError:
        expect = expectation(FieldInfo.from_annotation(kind))
        raise InputError(f"{what}: expected {expect.text}. {expect.hint}".rstrip(". ")) from None
