"""The flat variables: which names there are, and how they nest.

`registry_tls_mode` is `settings.tls.mode`. This module reads that from the model itself, so that
parsing, the role's argument_specs, the JSON Schema and the reference cannot disagree.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

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
"""Sections that are chosen by a tag: the tag's key and its default."""


@dataclass(frozen=True)
class Variable:
    """One inventory variable, in one mode of its section."""

    name: str
    section: str
    key: str
    model: type[BaseModel]
    """The section, or all of the settings, that has the field."""
    field: FieldInfo
    mode: str | None
    """Tag of the section's mode in which the variable exists; None: in every mode."""


def members(annotation: Any) -> tuple[type[BaseModel], ...]:
    """Return the model classes that a section's annotation stands for."""
    if get_origin(annotation) is Annotated:
        return members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(cls for arg in get_args(annotation) for cls in members(arg))
    return (
        (annotation,) if isinstance(annotation, type) and issubclass(annotation, BaseModel) else ()
    )


@cache
def variables() -> tuple[Variable, ...]:
    """Return every variable there is, in the order of the model."""
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
    """Return known flat variables as the nested mapping that the model reads, tags defaulted."""
    nested: dict[str, Any] = {
        section: {key: default} for section, (key, default) in DEFAULT_MODES.items()
    }
    for name, value in flat.items():
        variable = by_name()[name][0]
        if variable.section:
            nested.setdefault(variable.section, {})[variable.key] = value
        else:
            nested[variable.key] = value
    return nested


def expectation(field: FieldInfo) -> Expect:
    """Return what a field's value should be: its own words, else words for its type."""
    for source in (*field.metadata, *_union_metadata(field.annotation)):
        if isinstance(source, Expect):
            return source
    if get_origin(field.annotation) is Literal:
        return Expect("one of " + ", ".join(map(str, get_args(field.annotation))))
    if field.annotation is bool:
        return Expect("true or false", "Write it without quotes")
    return Expect("another value")


def _union_metadata(annotation: Any) -> Iterator[object]:
    """Yield the metadata of the alternatives of `Annotated[...] | None`."""
    if get_origin(annotation) in (Union, types.UnionType):
        for arg in get_args(annotation):
            if get_origin(arg) is Annotated:
                yield from get_args(arg)[1:]
