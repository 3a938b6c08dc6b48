"""Nest a flat mapping of paths for registry_extra_config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.distribution.configuration.tree import parts


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a nested configuration with each path's value; list items keep their order."""
    top: dict[str, Any] = {}
    for path, value in values.items():
        _put(top, parts(path), value)
    return {key: _listed(value) for key, value in top.items()}


def _put(section: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        section = section.setdefault(step, {})
    section[steps[-1]] = value


def _listed(value: Any) -> Any:
    """Return a value with mappings of [0], [1] and so on replaced by lists."""
    if not isinstance(value, dict):
        return value
    if value and all(str(key).startswith("[") for key in value):
        return [_listed(item) for item in value.values()]
    return {key: _listed(item) for key, item in value.items()}
