"""Verb that examines a host before it is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.deploy import preflight

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        ExamineOrder,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.verbs.request import Request


def examine(request: Request) -> Any:
    """Return what a deploy has to know before it changes something."""
    order: ExamineOrder = request.order
    return preflight.examine(order, request.secrets)
