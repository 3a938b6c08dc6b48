"""Verbs that see a host as it is: the first of every deploy, so it imports little."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.deploy import drift
from ansible_collections.holdfast.registry.plugins.module_utils.system import os_release

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.verbs.request import Request


def platform(_: Request) -> Any:
    """Return what the operating system says of itself."""
    return {"os": os_release.os_release()}


def observe(request: Request) -> Any:
    """Return the facts from which a deploy decides what differs."""
    return drift.observe(request.running)
