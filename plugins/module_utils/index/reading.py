"""Read a repository of the store: its tags, its manifests, and a signature of both."""

from __future__ import annotations

import hashlib
import os
from typing import NamedTuple

from ansible_collections.holdfast.registry.plugins.module_utils.gate import listing
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.index.describing import (
    MISSING,
    Described,
    described,
    parsed,
)


class Glance(NamedTuple):
    """Names, times and digests of a repository, for which no file is read."""

    signature: str
    """Text that another one follows when a tag or a manifest comes, moves or goes."""
    changed: dict[str, float]
    """Time of the last change by tag, in seconds since 1970."""
    revisions: frozenset[str]
    """Digests of its manifests."""


def glance(store: Directory, name: str) -> Glance:
    """Return what can be seen of a repository. Raises OSError if a folder cannot be read."""
    folder = store.path(f"repositories/{name}")
    seen, changed = [], dict[str, float]()
    for one in listing.folders(f"{folder}/_manifests/tags"):
        try:  # a tag that moves changes this file, and no folder above it
            status = os.stat(f"{one.path}/current/link")
        except (FileNotFoundError, NotADirectoryError):
            continue
        if places.TAG.fullmatch(one.name):
            seen.append(f"{one.name} {status.st_mtime_ns} {status.st_ino}")
            changed[one.name] = status.st_mtime
    revisions = frozenset(listing.revisions(folder))
    text = "\n".join([*sorted(seen), *sorted(revisions)])
    return Glance(hashlib.sha256(text.encode()).hexdigest()[:32], changed, revisions)


def tags(store: Directory, name: str) -> dict[str, str]:
    """Return the digest by tag of a repository; a damaged tag is left out."""
    return dict(store.repository(name).tags())


def manifest(store: Directory, digest: str) -> Described:
    """Return the description of a manifest in the store; MISSING if it cannot be read."""
    content = blob(store, digest)
    if content is None:
        return MISSING
    try:
        named = parsed(content).get("config")
        config = named.get("digest") if isinstance(named, dict) else None
        return described(content, blob(store, str(config)) if config else None)
    except ValueError:
        return MISSING


def blob(store: Directory, digest: str) -> bytes | None:
    """Return the content of a blob of the store that is no larger than a manifest may be.

    None if there is none, or if it cannot be read.
    """
    try:
        place = places.blob(digest)
        # What is only in the trash is not there for a client.
        return store.read(place) if store.has(place) else None
    except (OSError, ValueError):
        return None


def size(store: Directory, digest: str) -> int | None:
    """Return the bytes of a blob as the store has it; None if it does not."""
    try:
        return os.stat(store.path(places.blob(digest))).st_size
    except (OSError, ValueError):
        return None
