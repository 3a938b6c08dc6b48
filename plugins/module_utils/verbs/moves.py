"""Verbs that move the images to another storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.deploy import storage_move

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import MoveOrder
    from ansible_collections.holdfast.registry.plugins.module_utils.verbs.request import Request


def copy(request: Request) -> Any:
    """Copy images to the other storage."""
    order: MoveOrder = request.order
    return storage_move.copy(order, request.secrets)


def begin(request: Request) -> Any:
    """Begin a move of the images."""
    order: MoveOrder = request.order
    return storage_move.begin(order["wanted"], request.probe, request.secrets, request.log)


def look(request: Request) -> Any:
    """Return whether a move is possible."""
    order: MoveOrder = request.order
    return storage_move.possible(order["wanted"], request.secrets, writes=False)


def look_at_clean(request: Request) -> Any:
    """Return the place that a clean-up of a move would empty."""
    order: MoveOrder = request.order
    return storage_move.old_place(order["wanted"])


def clean(request: Request) -> Any:
    """Remove the images at the old place."""
    order: MoveOrder = request.order
    return storage_move.clean(order["wanted"])
