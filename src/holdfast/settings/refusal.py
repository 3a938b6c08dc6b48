"""Error of a check across several keys, with its own message."""

from __future__ import annotations

from pydantic_core import PydanticCustomError

REFUSAL = "holdfast_refusal"
"""Type of validation errors that carry their own message, see `holdfast.settings.errors`."""


def refusal(key: str, expected: str, hint: str, *, given: str | None = None) -> PydanticCustomError:
    """Return the error of a check across several keys, to be raised in a validator.

    `key` counts from the section that is validated; "" is the section itself. `expected` continues
    "expected", `given` continues "got", and `hint` is a sentence that says what to do.
    """
    words = {"key": key, "expected": expected, "hint": hint, "given": given}
    return PydanticCustomError(REFUSAL, "refused", words)
