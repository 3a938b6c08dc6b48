"""Verbs that remove a registry from the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.removal import removing
from ansible_collections.holdfast.registry.plugins.module_utils.verbs.request import Request

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.removal import Removed


def remove(request: Request) -> Removed:
    """Remove what is ours; return texts about what is gone and what stays."""
    return removing.remove(request.order, request.log)


def look(request: Request) -> Removed:
    """Return texts about what would go, and what would stay."""
    return removing.look(request.order)
