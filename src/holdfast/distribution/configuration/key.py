"""One row of the tables: a key of the registry's configuration and its values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_DURATION = re.compile(r"[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+|0")
_NUMBER = re.compile(r"[-+]?\d+")


@dataclass(frozen=True)
class Kind:
    """Type of a value: its description and a test."""

    expected: str
    fits: Callable[[Any], bool]
    hint: str = ""


@dataclass(frozen=True)
class Key:
    """A key by its path: `[]` stands for each item of a list, `*` for a freely chosen name."""

    path: str
    kind: Kind
    since: str = ""
    """First version that supports the key; "": all known versions."""
    until: str = ""
    """First version that no longer supports the key; "": none."""
    instead: str = ""
    """Path of the replacement of a removed or renamed key."""
    secret: bool = False
    """True if the value must never be shown."""


def one_of(*names: str, any_case: bool = False) -> Kind:
    """Return the type of a string with a fixed set of values."""
    return Kind(
        "one of " + ", ".join(filter(None, names)),
        lambda value: isinstance(value, str) and (value.lower() if any_case else value) in names,
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_duration(value: Any) -> bool:
    return (_is_number(value) and value == 0) or (
        isinstance(value, str) and bool(_DURATION.fullmatch(value))
    )


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


ANY = Kind("any value", lambda _: True)
TEXT = Kind("a text", lambda value: isinstance(value, str), "Quote it")
TEXTS = Kind("a list of texts", _are_texts)
SWITCH = Kind("true or false", lambda value: isinstance(value, bool), "Write it without quotes")
NUMBER = Kind("a whole number", _is_number)
DURATION = Kind(
    "a duration like 10s",
    _is_duration,
    "A number without a unit counts nanoseconds",
)
PERIOD = Kind("a duration like 10s", lambda v: isinstance(v, str) and _is_duration(v))
MAPPING = Kind("a mapping", lambda value: isinstance(value, dict))
EMPTY = Kind("nothing below it", lambda value: not value)
HEADERS = Kind(
    "a mapping of header names to lists of texts",
    lambda value: isinstance(value, dict) and all(map(_are_texts, value.values())),
    "e.g. {X-Operated-By: [platform]}",
)

# Storage drivers read their parameters more freely than the rest of the configuration is read.
LOOSE_SWITCH = Kind(
    "true or false",
    lambda value: isinstance(value, bool) or value in ("true", "false", "True", "False", "1", "0"),
)
LOOSE_NUMBER = Kind(
    "a whole number",
    lambda v: _is_number(v) or (isinstance(v, str) and bool(_NUMBER.fullmatch(v))),
)
LOOSE_TEXT = Kind("a text", lambda value: isinstance(value, str | int | float))
