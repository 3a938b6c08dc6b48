"""Compare the registry's configurations of two versions, by keys: a value may be a secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from holdfast.rendering import Tree
from holdfast.rendering.registry_process import CONFIG

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def config(tree: Tree) -> dict[str, Any]:
    """Return the rendered configuration; empty for a host without a registry of its own."""
    file = tree.get(CONFIG)
    found = yaml.load(file.content, _LOADER) if file else {}  # noqa: S506 -- a safe loader, in C
    return found if isinstance(found, dict) else {}


def keys(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path of each section and key, with its value; None for a section."""
    if not isinstance(value, Mapping):
        yield path, value
        return
    if path:
        yield path, None
    for key, item in value.items():
        yield from keys(item, f"{path}.{key}" if path else str(key))


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each key that goes, comes or gets another value."""
    old, new = dict(keys(before)), dict(keys(after))
    for what, names in (
        ("gone", old.keys() - new.keys()),
        ("new", new.keys() - old.keys()),
        ("other value", {one for one in old.keys() & new.keys() if old[one] != new[one]}),
    ):
        if names:
            yield f"{what}: {', '.join(_topmost(names))}"


def _topmost(names: set[str]) -> list[str]:
    """Return names without those below another of them."""
    return sorted(one for one in names if not any(one.startswith(f"{other}.") for other in names))
