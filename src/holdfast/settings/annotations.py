"""Model classes of a field's annotation."""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel


def members(annotation: Any) -> tuple[type[BaseModel], ...]:
    """Return the model classes that a section's annotation stands for."""
    if get_origin(annotation) is Annotated:
        return members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return tuple(cls for arg in get_args(annotation) for cls in members(arg))
    return (
        (annotation,) if isinstance(annotation, type) and issubclass(annotation, BaseModel) else ()
    )
