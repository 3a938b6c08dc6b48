"""States that a host enters without the controller's settings, each rendered beforehand.

A generation carries, below `states/NAME/`, the files that differ in that state, and its manifest
what the host is expected to be then. So a host becomes read-only by a swap of rendered files.
"""

from __future__ import annotations

from ansible_collections.holdfast.registry.plugins.module_utils.generations.manifest import (
    READ_ONLY,
    STATES,
)

from holdfast.rendering import Tree
from holdfast.settings import Settings


def states(settings: Settings) -> dict[str, Settings]:
    """Return the settings of each state that these settings can be brought to, by name."""
    if settings.storage.readonly:
        return {}
    storage = settings.storage.model_copy(update={"readonly": True})
    return {READ_ONLY: settings.model_copy(update={"storage": storage})}


def with_states(tree: Tree, others: dict[str, Tree]) -> Tree:
    """Return a tree with, for each state, the files that are other ones than the tree's own.

    Raises ValueError if a state adds or removes a path: a host only exchanges texts.
    """
    found = dict(tree)
    for name, other in others.items():
        if set(other) != set(tree):
            raise ValueError(f"{name}: expected the same paths, got {sorted({*other} ^ {*tree})}")
        changed = {path: file for path, file in other.items() if file != tree[path]}
        found |= {f"{STATES}/{name}/{path}": file for path, file in changed.items()}
    return Tree(found)
