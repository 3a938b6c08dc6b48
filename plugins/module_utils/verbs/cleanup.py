"""Verbs for clean-up and for rules at push."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.jobs import gc, retention
from ansible_collections.holdfast.registry.plugins.module_utils.report import push_rules

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.cleanup import GcOrder
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import RulesOrder
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.retention import (
        RetentionOrder,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.verbs.request import Request


def collect(request: Request) -> Any:
    """Plan, run, undo or purge a garbage collection."""
    order: GcOrder = request.order
    return gc.work(order)


def retain(request: Request) -> Any:
    """Plan, apply, undo or explain the retention."""
    order: RetentionOrder = request.order
    return retention.work(order)


def check_rules(request: Request) -> Any:
    """Return what breaks the rules at push already."""
    order: RulesOrder = request.order
    return push_rules.check(order)
