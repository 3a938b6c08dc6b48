"""Define the types of facts about the registry's cache."""

from __future__ import annotations

from typing import TypedDict


class CacheFigures(TypedDict, total=False):
    """Figures of a server, where the login may ask for them."""

    limit: int
    """Bytes; 0 if there is no bound."""
    used: int
    """Bytes."""
    policy: str
    hits: int
    misses: int
    keys: int


class CacheState(CacheFigures):
    """State of a cache that is a server."""

    mode: str
    problem: str
    """Reason why it does not answer; empty if it does."""
    rights: list[str]
    """One text for each wrong right of the registry's login."""
    open: bool
    """True if it accepts clients without a login."""


class CacheAuthority(TypedDict):
    """Authority of a cache's certificate."""

    ca: str
    """Path that counts from the registry's folder of the generation."""


class CacheTls(CacheAuthority, total=False):
    """Files for TLS to a cache; the pair is for a cache that requires one."""

    certificate: str
    key: str


class CacheMode(TypedDict):
    """Facts about every cache."""

    mode: str
    of: str
    """Fingerprint of the storage: a cache is worthless for another one."""


class Cache(CacheMode, total=False):
    """Facts about a cache that is a server, without secrets."""

    username: str
    db: int
    """Number of the database, if it is not 0."""
    addresses: list[str]
    master_name: str
    sentinel_username: str
    tls: CacheTls


class Flushed(TypedDict):
    """Result of emptying a cache."""

    mode: str
    entries: int | None
    """Entries that were removed; None if they were in the memory of a process."""
    generation: int
    """Number of the serving generation."""
