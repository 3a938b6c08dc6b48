"""Define the types of backups: plan, list of links, and figures."""

from __future__ import annotations

from typing import Literal, TypedDict

Lost = Literal["absent", "damaged", "unreadable"]
"""Reason for which no backup brings a blob back: none has it, or its copy has other content, or
restic cannot read that."""


class BackupPlan(TypedDict):
    """The file agent/backup.json of a generation."""

    images: str
    """Directory of the images; "" if they are not in a directory behind the gate."""
    elsewhere: str
    """Place of images that a backup does not save; "" if there are none."""
    host: str
    """Name of the registry, under which its snapshots are found on any host."""
    version: str
    """Version of holdfast."""
    target: str
    """Repository as in the settings, without a login."""
    path: str
    """Directory of a target on the host; "" for another one."""
    same_disk: bool
    options: list[str]
    """Options of restic; {secrets} in them is the folder of the files with secrets."""
    keep: dict[str, int]
    """Snapshots that stay, by kind; empty: all."""
    etc: str
    state: str
    pushes: str
    """Record of pushes."""
    references: str
    control: str
    """Socket of the gate for root."""
    work: str
    """Directory of the list that is saved."""
    cache: str
    """Directory of restic's cache; "" for none."""
    binary: str
    """The registry's program, which a drill starts."""
    scratch: str
    """Directory to which a drill restores."""
    metrics: str
    records: str


class Linked(TypedDict):
    """A manifest of a repository."""

    repository: str
    digest: str


class Tagged(TypedDict):
    """A tag; time and person of its push, if they are known."""

    repository: str
    tag: str
    digest: str
    time: float | None
    """Seconds since 1970."""
    by: str


class Snapshot(TypedDict):
    """A snapshot as restic lists it."""

    id: str
    time: str
    hostname: str
    tags: list[str]


class BackupFigures(TypedDict):
    """Figures of a backup."""

    snapshot: str
    repositories: int
    tags: int
    manifests: int
    blobs: int
    """Blobs that the manifests need, each counted once."""
    bytes: int
    """Bytes of these."""
    added: int
    """Bytes that went to the target."""
    passes: int
    """Runs over the blobs: more than one if something moved meanwhile."""
    dangling: list[str]
    """Tags whose manifest was deleted meanwhile; they are not in the backup."""
    broken: list[str]
    """Manifests that lack a blob on the host; they are not in the backup."""
    removed: int
    """Old snapshots that were removed."""
    elsewhere: str
    """Place of images that the backup does not have; "" if there are none."""


class RestoreOrder(TypedDict):
    """Order to restore."""

    snapshot: str
    """First digits of a snapshot; "" for the newest one."""
    only: str
    """`REPOSITORY` or `REPOSITORY:TAG`; "" for everything."""


class KeysOrder(TypedDict):
    """Order to restore the keys of a host on which nothing is deployed yet."""

    plan: BackupPlan
    snapshot: str
    accounts: str
    """Configuration of systemd-sysusers with the accounts that own the keys."""


class RestoreLook(TypedDict):
    """State of a host before a restore."""

    deployed: bool
    """True if a generation is there, whose keys stay."""


class RestoreFigures(TypedDict):
    """Figures of a restore."""

    snapshot: str
    time: str
    """Time of the snapshot."""
    blobs: int
    """Blobs that were written; those that were there stay."""
    bytes: int
    manifests: int
    tags: int
    kept: list[str]
    """Tags that name another image here, and stay."""
    missing: list[str]
    """Manifests that lack a blob in the backup."""


class HealFigures(TypedDict):
    """Figures of a run that brings damaged blobs back."""

    healed: dict[str, str]
    """Time of the snapshot by digest."""
    bytes: int
    lost: dict[str, Lost]
    """Blobs without a good copy, by digest."""


class DrillFigures(TypedDict):
    """Figures of a drill."""

    snapshot: str
    time: str
    """Time of the snapshot."""
    turn: int
    """Number of the part of the blobs that was read; the next drill reads the next one."""
    manifests: int
    """Manifests whose content has their digest, and whose blobs the snapshot has."""
    blobs: int
    """Blobs that were read and hashed."""
    bytes: int
    pulled: str
    """Image that was pulled from a registry over the restored files; "" if there is none."""
