"""Turn validation errors into messages: the value that was expected, the value given, the
remedy."""

from __future__ import annotations

from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from holdfast.masking import masked
from holdfast.settings.annotations import members
from holdfast.settings.refusal import REFUSAL
from holdfast.settings.types import Expect
from holdfast.settings.variables import PREFIX, expectation


def complain(root: type[BaseModel], error: ErrorDetails) -> tuple[str, str]:
    """Return (variable path, text) for one of pydantic's errors."""
    path, field = _locate(root, error["loc"])
    if error["type"] == REFUSAL:
        words = error["ctx"]
        named = _name([*path, words["key"]] if words["key"] else path)
        return named, _sentence(words["expected"], words["given"], words["hint"])
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
    shown = _shown(error["input"], field, error["type"])
    return _name(path), _sentence(expect.text, shown, expect.hint)


def _sentence(expected: str, given: str | None, hint: str) -> str:
    what = f"expected {expected}" + (f", got {given}" if given else "")
    return f"{what}. {hint}" if hint else what


def _shown(value: Any, field: FieldInfo | None, kind: str = "") -> str:
    """Format a given value for a message. A secret's value is never included."""
    if field is not None and is_secret(field):
        return masked(value, kind)
    if isinstance(value, str):
        return f'"{value[:60]}{"…" if len(value) > 60 else ""}" (a string)'
    if isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    kinds: dict[type, str] = {dict: "a mapping", list: "a list", tuple: "a list"}
    return kinds.get(type(value), "nothing" if value is None else "another type")


def is_secret(field: FieldInfo) -> bool:
    """Tell whether a field's value is a secret."""
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
    """Resolve a location to (path, field). Tags of unions are part of the location, not of the
    path."""
    path: list[str] = []
    classes: tuple[type[BaseModel], ...] = (root,)
    field: FieldInfo | None = None
    for step in loc:
        if isinstance(step, int):
            path.append(str(step))
            if field and get_origin(field.annotation) is tuple:
                item, models = get_args(field.annotation)[0], _inside(field.annotation)
                field = FieldInfo.from_annotation(_mapping_of(models) if models else item)
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
    """Return the model classes in a field, through unions and lists."""
    if get_origin(annotation) is tuple:
        return members(get_args(annotation)[0])
    return members(annotation)


def _mapping_of(models: tuple[type[BaseModel], ...]) -> Any:
    """Return the type of an item that has to be a mapping, with the keys that it requires."""
    fields = models[0].model_fields.items()
    needed = [name for name, field in fields if field.is_required()] or [name for name, _ in fields]
    return Annotated[dict[str, Any], Expect(f"a mapping with {', '.join(needed)}")]


def _is_tag_of(cls: type[BaseModel], tag: str) -> bool:
    return any(tag in get_args(field.annotation) for field in cls.model_fields.values())
