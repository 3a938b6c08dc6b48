"""Define the types of facts about the storage of images."""

from __future__ import annotations

from typing import TypedDict


class Figures(TypedDict):
    """Bytes and inodes of a file system; 0 inodes if it creates them as needed."""

    size_bytes: int
    free_bytes: int
    free_percent: float
    inodes: int
    free_inodes: int
    free_inodes_percent: float


class DiskSpace(Figures):
    """Figures of the images' file system, and one text for each that is below the threshold."""

    warnings: list[str]


class StorageFound(TypedDict):
    """Result of the preflight of a storage."""

    problems: list[str]
    space: DiskSpace | None
    """None if the images are not on the host."""


class Some(TypedDict):
    """The first of many names, and their number."""

    first: list[str]
    count: int


class Scanned(TypedDict):
    """Images that fulfil a condition, by tag or digest."""

    images: Some
    looked: int
    """Manifests that were looked at."""
    complete: bool
    """False if the time ended before the last manifest."""


class ImagesFound(TypedDict):
    """Result of a look at the images of a storage."""

    hidden: dict[str, Some]
    """Repositories that each new mirror would hide, by the mirror's name."""
    old: Scanned | None
    """Images of schema 1; None if the version does not change to one that cannot serve them."""


class ImagesQuestion(TypedDict):
    """Images that a preflight has to look for in a storage."""

    mirrors: list[str]
    """Names of the mirrors that are at a path."""
    old: bool
    """True to look for manifests that the registry's version cannot serve."""


class CopyProgress(TypedDict):
    """Progress of a move of images: files and bytes that are copied, and all."""

    done: bool
    files: int
    all_files: int
    bytes: int
    all_bytes: int


class StoragePlace(TypedDict):
    """Facts about every storage."""

    driver: str
    place: str
    """Name of the place for a person; equal for equal places."""
    adopt: bool
    """True if images of another registry may be taken over."""
    readonly: bool


class Storage(StoragePlace, total=False):
    """Facts about a storage, without secrets: of a directory, or of a bucket."""

    directory: str
    mount: bool
    """True if the directory should be a mount of its own."""
    minimum_free_percent: int
    mode: str
    """Four octal digits."""
    endpoint: str
    region: str
    bucket: str
    root: str
    paths: bool
    """True if the bucket's name is in the path of an address."""
    keys: bool
    """False if the host's role gives the keys."""
    encrypt: str
    kms_key: str
    storage_class: str


class StorageSecrets(TypedDict, total=False):
    """Keys of a bucket, and an authority to trust."""

    access: str
    secret: str
    ca: str
    outbound: dict[str, str]
    """Variables of the outbound proxy."""


class GuardedDirectory(TypedDict):
    """Directory of the images, and the free space that it should have."""

    directory: str
    minimum_free_percent: int
