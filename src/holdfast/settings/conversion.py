"""Convert values as Ansible passes them to the types of the model.

`-e registry_proxy_port=5000` and an INI inventory pass strings. They are converted as the role's
argument_specs do it. A value that cannot be converted is left unchanged, and the model refuses it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

from holdfast.settings.annotations import members

TRUE = frozenset({"y", "yes", "on", "1", "true", "t"})
FALSE = frozenset({"n", "no", "off", "0", "false", "f"})
"""Strings for true and false. Source: ansible.module_utils.parsing.convert_bool."""


def converted(value: Any, annotation: Any) -> Any:
    """Convert a value to the type of a field's annotation. Return it unchanged if that fails."""
    kinds, models = _kinds(annotation), members(annotation)
    choices = tuple(_choices(annotation))
    if tuple in kinds:
        value = _list(value, annotation)
    elif models:
        value = _mapping(value, models[0])
    elif choices:
        value = _choice(value, choices)
    # A number for a secret is not what somebody wrote: YAML reads 0123 as 83.
    elif SecretStr not in kinds:
        value = _scalar(value, kinds)
    return value


def _scalar(value: Any, kinds: tuple[Any, ...]) -> Any:
    if bool in kinds:
        return _switch(value)
    if int in kinds and isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d+\s*", value):
        return int(value)
    if str in kinds and type(value) is int:
        return str(value)
    return _pairs(_parsed(value, "{")) if dict in kinds else value


def _pairs(value: Any) -> Any:
    """Parse `key=value, key=value` to a mapping. Return other values unchanged."""
    parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else []
    if parts and all("=" in part for part in parts):
        return dict(part.split("=", 1) for part in parts)
    return value


def _switch(value: Any) -> Any:
    if isinstance(value, str | int) and not isinstance(value, bool):
        word = str(value).strip().lower()
        return True if word in TRUE else False if word in FALSE else value
    return value


def _choice(value: Any, choices: tuple[Any, ...]) -> Any:
    """Return the choice that a value stands for. YAML reads an unquoted `off` as false."""
    if all(isinstance(choice, bool) for choice in choices):
        return _switch(value)
    if isinstance(value, bool):
        meant = [choice for choice in choices if choice in (TRUE if value else FALSE)]
        return meant[0] if len(meant) == 1 else value
    return value


def _list(value: Any, annotation: Any) -> Any:
    """Convert a string, a number or a list to a list of converted items."""
    value = _parsed(value, "[")
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")] if value.strip() else []
    elif isinstance(value, int) and not isinstance(value, bool):
        value = [value]
    if not isinstance(value, list | tuple):
        return value
    item = get_args(_plain(annotation))[0]
    return [converted(one, item) for one in value]


def _mapping(value: Any, model: type[BaseModel]) -> Any:
    value = _parsed(value, "{")
    if not isinstance(value, Mapping):
        return value
    fields = model.model_fields
    return {
        key: converted(item, fields[key].annotation) if key in fields else item
        for key, item in value.items()
    }


def _parsed(value: Any, beginning: str) -> Any:
    """Parse a string as JSON if it begins with `beginning`. Return other values unchanged."""
    if isinstance(value, str) and value.lstrip().startswith(beginning):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _plain(annotation: Any) -> Any:
    """Return an annotation without its metadata and without `| None`."""
    if hasattr(annotation, "__metadata__"):
        return _plain(annotation.__origin__)
    if get_origin(annotation) in (Union, UnionType):
        parts = [part for part in get_args(annotation) if part is not type(None)]
        return _plain(parts[0]) if len(parts) == 1 else annotation
    return annotation


@cache
def _kinds(annotation: Any) -> tuple[Any, ...]:
    """Return the classes that an annotation accepts: str, int, bool, SecretStr, dict, tuple."""
    plain = _plain(annotation)
    if get_origin(plain) in (Union, UnionType):
        return tuple(kind for part in get_args(plain) for kind in _kinds(part))
    return (get_origin(plain) or plain,)


def _choices(annotation: Any) -> Iterator[Any]:
    plain = _plain(annotation)
    if get_origin(plain) is Literal:
        yield from get_args(plain)
