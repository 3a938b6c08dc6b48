"""Verbs that restore a backup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.backup import keys
from ansible_collections.holdfast.registry.plugins.module_utils.jobs import restore as job

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        KeysOrder,
        RestoreOrder,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.verbs.request import Request


def look(request: Request) -> Any:
    """Return the state of the host, unless its images are in the way."""
    order: RestoreOrder = request.order
    return job.look(order)


def restore_keys(request: Request) -> Any:
    """Restore certificates and keys of a host on which nothing is deployed."""
    order: KeysOrder = request.order
    return keys.restore(order, request.secrets)


def restore(request: Request) -> Any:
    """Note what the job is to restore."""
    order: RestoreOrder = request.order
    return job.request(order)
