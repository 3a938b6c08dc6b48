"""Verb that sees a host as it is: the first of every deploy, so it imports little."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.deploy import drift

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.verbs.request import Request


def observe(request: Request) -> Any:
    """Return the facts from which a deploy decides what differs."""
    return drift.observe(request.running)
