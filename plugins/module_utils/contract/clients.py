"""Define the types of the plan that makes a client machine trust a registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict


class PlannedFile(TypedDict):
    """One file of a client machine."""

    path: str
    content: str
    """Text; for `json` the keys that are ours, for `block` also the lines that mark its ends."""
    mode: int
    how: str
    """whole, json or block."""


class ClientPlan(TypedDict):
    """Files of one kind of client, and commands that make it see a change."""

    kind: str
    authority: str
    files: Sequence[PlannedFile]
    folders: Sequence[str]
    """Folders that hold nothing but ours."""
    after: Sequence[Sequence[str]]
    notes: Sequence[str]
    """Steps that are left to a person."""


class Difference(TypedDict):
    """One file that differs from a plan; secrets are masked."""

    path: str
    before: str
    after: str
