"""The flat inventory variables: their names, and how they nest.

`registry_tls_mode` is `settings.tls.mode`. The names are derived from the model, so that parsing,
argument_specs, the JSON Schema and the reference cannot disagree.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from holdfast.settings.annotations import members
from holdfast.settings.conversion import converted
from holdfast.settings.model import Settings
from holdfast.settings.types import Expect

PREFIX = "registry_"

DEFAULT_MODES: Mapping[str, tuple[str, str]] = types.MappingProxyType(
    {
        "distribution": ("source", "release"),
        "tls": ("mode", "private_ca"),
        "auth": ("mode", "htpasswd"),
        "storage": ("driver", "filesystem"),
        "cache": ("mode", "memory"),
        "cdn": ("mode", "none"),
    }
)
"""Sections with modes: the key that selects the mode, and its default."""


@dataclass(frozen=True)
class Variable:
    """One inventory variable, in one mode of its section."""

    name: str
    section: str
    key: str
    model: type[BaseModel]
    """Model that has the field: a section, or Settings."""
    field: FieldInfo
    mode: str | None
    """Mode of the section in which the variable exists; None if it exists in every mode."""


@cache
def variables() -> tuple[Variable, ...]:
    """Return all variables, in the order of the model."""
    return tuple(_walk())


def _walk() -> Iterator[Variable]:
    for section, info in Settings.model_fields.items():
        classes = members(info.annotation)
        if not classes:
            yield Variable(PREFIX + section, "", section, Settings, info, None)
            continue
        tag_key = DEFAULT_MODES.get(section, ("", ""))[0]
        for cls in classes:
            tag = cls.model_fields[tag_key] if tag_key else None
            mode = get_args(tag.annotation)[0] if tag is not None else None
            for key, field in cls.model_fields.items():
                yield Variable(f"{PREFIX}{section}_{key}", section, key, cls, field, mode)


@cache
def by_name() -> Mapping[str, tuple[Variable, ...]]:
    """Return the variables by name; one name can exist in several modes of a section."""
    found: dict[str, tuple[Variable, ...]] = {}
    for variable in variables():
        found[variable.name] = (*found.get(variable.name, ()), variable)
    return found


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Convert known flat variables to the nested mapping that the model reads.

    Values are converted to the types of the model where Ansible gives texts; tags are defaulted.
    """
    nested: dict[str, Any] = {
        section: {key: default} for section, (key, default) in DEFAULT_MODES.items()
    }
    for section, (key, _) in DEFAULT_MODES.items():
        nested[section][key] = flat.get(f"{PREFIX}{section}_{key}", nested[section][key])
    for name, given in flat.items():
        variable = _in_mode(name, nested)
        value = converted(given, variable.field.annotation)
        if variable.section:
            nested.setdefault(variable.section, {})[variable.key] = value
        else:
            nested[variable.key] = value
    return nested


def _in_mode(name: str, nested: Mapping[str, Any]) -> Variable:
    """Return the variable of a name in the selected mode, else its first one."""
    homes = by_name()[name]
    tag = DEFAULT_MODES.get(homes[0].section, ("", ""))[0]
    chosen = nested[homes[0].section][tag] if tag else None
    return next((one for one in homes if one.mode == chosen), homes[0])


def expectation(field: FieldInfo) -> Expect:
    """Return a field's expected value: its own text, else one for its type."""
    for source in (*field.metadata, *_union_metadata(field.annotation)):
        if isinstance(source, Expect):
            return source
    if get_origin(field.annotation) is Literal:
        return Expect("one of " + ", ".join(map(str, get_args(field.annotation))))
    if field.annotation is bool:
        return Expect("true or false")
    return Expect("another value")


def _union_metadata(annotation: Any) -> Iterator[object]:
    """Yield the metadata of the alternatives of `Annotated[...] | None`."""
    if get_origin(annotation) in (Union, types.UnionType):
        for arg in get_args(annotation):
            if get_origin(arg) is Annotated:
                yield from get_args(arg)[1:]
