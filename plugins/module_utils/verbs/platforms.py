"""Verb that asks for the platform alone, before anything can be parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.system import os_release

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.verbs.request import Request


def platform(_: Request) -> Any:
    """Return what the operating system says of itself."""
    return {"os": os_release.os_release()}
