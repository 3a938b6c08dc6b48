"""Descriptions of settings for documentation and editors, read from the model."""

from __future__ import annotations

from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from holdfast.schema.docstrings import docstrings
from holdfast.settings.annotations import members
from holdfast.settings.errors import is_secret
from holdfast.settings.types import SeveralKinds
from holdfast.settings.variables import DEFAULT_MODES, PREFIX, Variable, expectation, variables

KINDS: dict[Any, str] = {
    str: "string",
    int: "integer",
    bool: "boolean",
    SecretStr: "string",
    dict: "object",
}


@dataclass(frozen=True)
class Setting:
    """One variable, in one mode of its section."""

    name: str
    section: str
    mode: str | None
    """Setting that selects the mode, with its value (`registry_tls_mode: own`). None: in every
    mode."""
    kind: str
    """Type name of JSON: string, integer, boolean, array, object; "any" for several of them."""
    choices: tuple[str, ...]
    default: Any
    """Default value; None if there is none."""
    required: bool
    secret: bool
    expected: str
    text: str
    items: tuple[Setting, ...] = ()
    """Keys of each item, if the value is a list of mappings."""


def settings() -> list[Setting]:
    """Return all settings, in the order of the model. Each selector of a mode is listed once."""
    found: list[Setting] = []
    for variable in variables():
        one = _of(variable)
        if not any(other == one for other in found):
            found.append(one)
    return found


def _of(variable: Variable) -> Setting:
    tag, first = DEFAULT_MODES.get(variable.section, ("", ""))
    if variable.key == tag:
        return _choice(variable, first)
    mode = f"{PREFIX}{variable.section}_{tag}: {variable.mode}" if variable.mode else None
    alone = len({other.mode for other in variables() if other.section == variable.section}) == 1
    text = docstrings(variable.model).get(variable.key, "")
    return _field(variable.name, variable.section, None if alone else mode, variable.field, text)


def _choice(variable: Variable, default: str) -> Setting:
    modes = [v.mode for v in variables() if v.name == variable.name and v.mode]
    text = f"Selects the mode of `{PREFIX}{variable.section}_*`; each mode has settings of its own."
    expected = "one of " + ", ".join(modes)
    return Setting(
        variable.name,
        variable.section,
        None,
        "string",
        tuple(modes),
        default,
        required=False,
        secret=False,
        expected=expected,
        text=text,
    )


def _field(name: str, section: str, mode: str | None, field: FieldInfo, text: str) -> Setting:
    inner = members(get_args(field.annotation)[0]) if _is_list(field.annotation) else ()
    default = None if field.default is PydanticUndefined else field.default
    return Setting(
        name,
        section,
        mode,
        "any" if _has_several_kinds(field) else _kind(field.annotation),
        _choices(field.annotation),
        list(default) if isinstance(default, tuple) else default,
        required=field.is_required(),
        secret=is_secret(field),
        expected=expectation(field).text,
        text=" ".join(text.split()),
        items=tuple(_items(inner[0])) if inner else (),
    )


def _items(model: type[BaseModel]) -> list[Setting]:
    texts = docstrings(model)
    return [
        _field(key, "", None, field, texts.get(key, ""))
        for key, field in model.model_fields.items()
    ]


def _has_several_kinds(field: FieldInfo) -> bool:
    return any(isinstance(one, SeveralKinds) for one in field.metadata)


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is tuple


def _kind(annotation: Any) -> str:
    if _is_list(annotation):
        return "array"
    if get_origin(annotation) is Literal and isinstance(get_args(annotation)[0], bool):
        return "boolean"
    for part in _alternatives(annotation):
        plain = get_origin(part) or part
        if plain in KINDS:
            return KINDS[plain]
    return "string"


def _choices(annotation: Any) -> tuple[str, ...]:
    choices = get_args(annotation) if get_origin(annotation) is Literal else ()
    return tuple(choice for choice in choices if isinstance(choice, str))


def _alternatives(annotation: Any) -> list[Any]:
    """Return the plain types that an annotation accepts."""
    if get_origin(annotation) in (Union, UnionType):
        return [part for one in get_args(annotation) for part in _alternatives(one)]
    inner = get_args(annotation)
    return [inner[0]] if inner and hasattr(annotation, "__metadata__") else [annotation]
