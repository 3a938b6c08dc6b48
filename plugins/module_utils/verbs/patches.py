"""Verbs that update the operating system of the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.deploy import patching

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        RestartOrder,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.verbs.request import Request


def look(_: Request) -> Any:
    """Return the updates that are pending."""
    return patching.look()


def patch(request: Request) -> Any:
    """Install the updates, and restart what needs it."""
    order: RestartOrder = request.order
    return patching.patch(request.probe, order["by"], request.log)


def reboot(request: Request) -> Any:
    """Reboot the host."""
    return patching.reboot(request.log)
