"""Verbs that report on a host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.report import doctor, status

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.verbs.request import Request


def state(request: Request) -> Any:
    """Return the host's state."""
    return status.status(request.running)


def diagnosis(request: Request) -> Any:
    """Return what is wrong with the host, and why."""
    return doctor.examine(request.running)
