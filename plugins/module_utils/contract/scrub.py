"""Define the types of a scrub: its plan and its figures."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class ScrubPlan(TypedDict):
    """The file agent/scrub.json of a generation."""

    directory: str
    """Directory of the images."""
    within_seconds: int
    """Time in which each blob is proven."""
    rate: int
    """Bytes a second."""
    proofs: str
    """Directory of the times at which blobs were proven."""
    after_crash: bool
    """True if a run after a repair of the file system proves everything."""
    references: str
    """File in which the garbage collection keeps what it read of manifests."""
    control: str
    """Socket of the gate for root."""
    metrics: str
    records: str
    backup: NotRequired[bool]
    """True if the host makes backups, from which a blob can come back."""


class BlobSeen(TypedDict):
    """Identity of a file, so that another one at its place is not taken for it."""

    inode: int
    size: int
    changed: int
    """Time of the last change, in nanoseconds."""


class DamagedBlob(TypedDict):
    """A blob whose content is not that of its digest."""

    digest: str
    aside: bool
    """True if it was moved away, so that a push brings it again."""
    images: list[str]
    """Images that need it, by tag or digest."""
    lost: NotRequired[Literal["absent", "damaged", "unreadable"]]
    """Reason for which the last search in the backups was in vain."""


class ScrubFigures(TypedDict):
    """Figures of a run, and the state of the store after it."""

    blobs: int
    bytes: int
    proven: int
    """Number of blobs that this run proved."""
    proven_bytes: int
    oldest: float
    """Time of the oldest proof, in seconds since 1970; 0 without a blob."""
    overdue: int
    """Number of blobs that were not proven in the time of the settings."""
    damaged: list[DamagedBlob]
    """Blobs that are still missing, of earlier runs too."""
    odd: list[str]
    """Links and files that should be different; the first ones."""
