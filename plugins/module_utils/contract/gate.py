"""Define the types of the gate: its configuration, its record and its control."""

from __future__ import annotations

from typing import TypedDict


class GatePlan(TypedDict):
    """The file gate/plan.json of a generation."""

    directory: str
    """Directory of the images."""
    tokens: bool
    """True if the registry itself decides who may push, by a token."""
    children: bool
    """True if all manifests of an index have to be in the repository."""


class Push(TypedDict):
    """A tag that was pushed."""

    time: float
    """Seconds since 1970, UTC."""
    repository: str
    tag: str
    digest: str
    replaced: str
    """Digest that the tag had before; "" for a new tag."""
    by: str
    """Name of the client's user; "" if anybody may push."""
    address: str


class BatchDone(TypedDict):
    """Result of one batch of a clean-up."""

    done: list[str]
    """Places that were moved or removed."""
    spared: int
    """Number of places that a push needs."""
    seconds: float


class GateFigures(TypedDict):
    """Counts since the gate started."""

    pushed: int
    restored: int
    refused: int
    rewritten: int
    longest_batch_seconds: float
