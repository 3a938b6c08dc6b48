"""Words for a validation error: what was expected, what was given, what to do."""

from __future__ import annotations

from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from holdfast.settings.flat import PREFIX, expectation, members
from holdfast.settings.types import Expect


def complain(root: type[BaseModel], error: ErrorDetails) -> tuple[str, str]:
    """Return (variable path, text) for one of pydantic's errors."""
    path, field = _locate(root, error["loc"])
    if error["type"].startswith("holdfast_"):  # our own whole-section checks bring their own words
        key, expected, hint = error["msg"].split("|")
        given = (error.get("ctx") or {}).get("given")
        return _name([*path, key] if key else path), _sentence(expected, given, hint)
    expect = expectation(field) if field else Expect("another value")
    if error["type"] == "missing":
        return _name(path), _sentence(expect.text, "nothing", expect.hint)
    if error["type"] == "union_tag_invalid":
        context = error.get("ctx") or {}
        expected = "one of " + str(context["expected_tags"]).replace("'", "")
        return _name([*path, str(context["discriminator"]).strip("'")]), _sentence(
            expected, _shown(context["tag"], None), ""
        )
    if error["type"] == "extra_forbidden":
        return _name(path), "no such key. Remove it"
    return _name(path), _sentence(expect.text, _shown(error["input"], field), expect.hint)


def _sentence(expected: str, given: str | None, hint: str) -> str:
    what = f"expected {expected}" + (f", got {given}" if given else "")
    return f"{what}. {hint}" if hint else what


def _shown(value: Any, field: FieldInfo | None) -> str:
    """Return the given value for a person, but never the value of a secret."""
    if field is not None and is_secret(field):
        return "a secret that is not shown"
    if isinstance(value, str):
        return f'"{value[:60]}{"…" if len(value) > 60 else ""}" (a string)'
    if isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    kinds: dict[type, str] = {dict: "a mapping", list: "a list", tuple: "a list"}
    return kinds.get(type(value), "nothing" if value is None else "another type")


def is_secret(field: FieldInfo) -> bool:
    """Tell whether a field's value must never be shown."""
    annotations = (field.annotation, *get_args(field.annotation))
    return any(SecretStr in (part, *get_args(part)) for part in annotations)


def _name(path: list[str]) -> str:
    """Return `registry_auth_users[1].name` for ["auth", "users", "1", "name"]."""
    text, depth = PREFIX + path[0], 0
    for part in path[1:]:
        if part.isdigit():
            text, depth = f"{text}[{part}]", depth + 1
        else:
            text += ("." if depth else "_") + part
    return text


def _locate(
    root: type[BaseModel], loc: tuple[int | str, ...]
) -> tuple[list[str], FieldInfo | None]:
    """Follow a location through the models; tags of unions are steps of it, but not of the name."""
    path: list[str] = []
    classes: tuple[type[BaseModel], ...] = (root,)
    field: FieldInfo | None = None
    for step in loc:
        if isinstance(step, int):
            path.append(str(step))
            if field and get_origin(field.annotation) is tuple and not _inside(field.annotation):
                field = FieldInfo.from_annotation(get_args(field.annotation)[0])
            continue
        homes = [cls for cls in classes if step in cls.model_fields]
        if not homes:
            tagged = [cls for cls in classes if _is_tag_of(cls, step)]
            if tagged:
                classes = tuple(tagged)
                continue
            return [*path, step], None
        field = homes[0].model_fields[step]
        path.append(step)
        classes = _inside(field.annotation) or classes
    return path, field


def _inside(annotation: Any) -> tuple[type[BaseModel], ...]:
    """Return the models that a field holds, through unions and lists."""
    if get_origin(annotation) is tuple:
        return members(get_args(annotation)[0])
    return members(annotation)


def _is_tag_of(cls: type[BaseModel], tag: str) -> bool:
    return any(tag in get_args(field.annotation) for field in cls.model_fields.values())
