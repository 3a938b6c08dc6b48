"""Compare a value with the type that the contract between controller and host gives it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

_ROWS = (list, Sequence)


def misfits(value: Any, wanted: Any, where: str = "value") -> list[str]:
    """Return a sentence for each key that is missing, unknown, or of another type."""
    origin, arguments = get_origin(wanted) or wanted, get_args(wanted)
    if origin in (Union, UnionType):
        tried = [misfits(value, one, where) for one in arguments]
        return [] if [] in tried else tried[0]
    kind = Mapping if is_typeddict(wanted) else (int, float) if wanted is float else origin
    if not isinstance(value, kind):
        return [f"{where} is no {wanted}: {value!r}"]
    if is_typeddict(wanted):
        return list(_keys(value, wanted, where))
    if origin is tuple:
        rows = zip(value, arguments, strict=True)
        return [one for row, type_ in rows for one in misfits(row, type_, where)]
    parts = value.items() if origin is dict else enumerate(value) if origin in _ROWS else ()
    return [one for key, part in parts for one in misfits(part, arguments[-1], f"{where}[{key!r}]")]


def _keys(value: Mapping[str, Any], wanted: Any, where: str) -> Iterator[str]:
    types = get_type_hints(wanted)
    for key in sorted(wanted.__required_keys__ - value.keys()):
        yield f"{where}.{key} is missing"
    for key in sorted(value):
        if key in types:
            yield from misfits(value[key], types[key], f"{where}.{key}")
        else:
            yield f"{where}.{key} is in no contract"
