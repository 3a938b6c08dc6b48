"""Define the types of a clean-up: its plan and its result."""

from __future__ import annotations

from typing import TypedDict

from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import (
    QuotaPlan,
    QuotaUsed,
)
from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import Storage


class Amount(TypedDict):
    """An amount of files."""

    files: int
    bytes: int


class CollectionPlan(TypedDict):
    """Plan of a garbage collection."""

    manifests: int
    damaged: list[str]
    """Manifests that cannot be read: their repositories free nothing."""
    garbage: Amount
    examples: list[str]
    """The largest files, by their place in the store."""
    trash: Amount
    due: Amount
    """Files that were in the trash long enough."""


class Collected(TypedDict):
    """Result of a garbage collection."""

    manifests: int
    damaged: list[str]
    restored: Amount
    """Files that were in the trash and are needed."""
    moved: Amount
    purged: Amount
    trash: Amount
    """Files that are in the trash now."""
    seconds: float


class GcFigures(Collected):
    """Figures of a run of the job: those of the collection, and what is used of the quotas."""

    quotas: list[QuotaUsed]


class GcPlan(TypedDict):
    """The file agent/gc.json of a generation."""

    storage: Storage
    grace_seconds: int
    undo_seconds: int
    references: str
    """File in which a run keeps what it read of manifests."""
    metrics: str
    """Directory of metrics."""
    records: str
    """Directory of the records of jobs."""
    quotas: list[QuotaPlan]


class GcOrder(TypedDict):
    """Order of a garbage collection on a host."""

    verb: str
    """`plan`, `run`, `undo` or `purge`."""
    grace_seconds: int | None
    """None: as the settings say."""
