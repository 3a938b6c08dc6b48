"""Look at the manifests of a store: which repositories have some, and which cannot be pulled."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.storage.backends import (
    STORE,
    Backend,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_client import (
    RefusedError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
        Scanned,
        Some,
    )

SHOWN = 5
SECONDS = 20.0
"""Time for a look at all manifests; the rest is not looked at."""
MANIFEST_BYTES = 4 << 20
"""Size above which a registry takes no manifest."""
REPOSITORIES = f"{STORE}repositories/"
NOT_MANIFESTS = ("_layers", "_uploads")
"""Folders in which no links to manifests are."""
_REVISION = re.compile(rf"{REPOSITORIES}(.+)/_manifests/revisions/(.+)/([^/]+)/link")
_TAGGED = re.compile(rf"{REPOSITORIES}.+/_manifests/tags/([^/]+)/index/(.+)/([^/]+)/link")
_OLD = re.compile(rb'"schemaVersion"\s*:\s*1\b')


def hidden(place: Backend, name: str) -> Some:
    """Return the repositories with manifests that are `name`, or begin with it as a component."""
    return some(dict.fromkeys(one for one, _ in _revisions(place, f"{name}/")))


def of_schema_1(place: Backend, seconds: float = SECONDS) -> Scanned:
    """Return the images whose manifests have schema 1, by tag or digest."""

    def old(_: str, content: bytes) -> bool:
        return bool(_OLD.search(content)) and _parsed(content).get("schemaVersion") == 1

    return _scan(place, old, seconds)


def without_blobs(place: Backend, seconds: float) -> Scanned:
    """Return the images of which a config or a layer is missing."""

    def broken(repository: str, content: bytes) -> bool:
        return not all(_has(place, repository, one) for one in _blobs(_parsed(content)))

    return _scan(place, broken, seconds)


def _scan(place: Backend, wanted: Callable[[str, bytes], bool], seconds: float) -> Scanned:
    """Return the images whose repository and manifest fulfil a condition."""
    until, looked, complete = time.monotonic() + seconds, 0, True
    found: list[tuple[str, str]] = []
    for repository, digest in _revisions(place, ""):
        if time.monotonic() > until:
            complete = False
            break
        looked += 1
        content = _content(place, digest)
        found += [(repository, digest)] if content and wanted(repository, content) else []
    names = [one for pair in found[:SHOWN] for one in _names(place, *pair)]
    count = max(len(found), len(names)) if len(found) <= SHOWN else len(found)
    images: Some = {"first": names[:SHOWN], "count": count}
    return {"images": images, "looked": looked, "complete": complete}


def some(names: Iterable[str]) -> Some:
    """Return the first of some names, and their number."""
    each = iter(names)
    first = list(islice(each, SHOWN))
    return {"first": first, "count": len(first) + sum(1 for _ in each)}


def _revisions(place: Backend, under: str) -> Iterator[tuple[str, str]]:
    """Yield repository and digest of each manifest that can be pulled."""
    for name, _ in place.names(f"{REPOSITORIES}{under}", without=NOT_MANIFESTS):
        found = _REVISION.fullmatch(name)
        if found and "/signatures/" not in name.partition("/_manifests/")[2]:
            yield found[1], f"{found[2].replace('/', '+')}:{found[3]}"


def _content(place: Backend, digest: str) -> bytes:
    """Return the bytes of a manifest; none if it cannot be read, or is too large to be one."""
    content = b""
    try:
        for block in place.read(STORE + digests.path_of(digest)):
            content += block
            if len(content) > MANIFEST_BYTES:
                return b""
    except (OSError, RefusedError):
        return b""
    return content


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _blobs(manifest: dict[str, Any]) -> Iterator[str]:
    """Yield the digests that a manifest names, without layers that other servers have."""
    layers = manifest.get("layers")
    for part in (manifest.get("config"), *(layers if isinstance(layers, list) else ())):
        if isinstance(part, dict) and not part.get("urls"):
            digest = str(part.get("digest"))
            if digests.valid(digest):
                yield digest


def _has(place: Backend, repository: str, digest: str) -> bool:
    """Return True if a store has a blob; one by another algorithm has a link to its SHA-256."""
    if not digest.startswith(f"{digests.CANONICAL}:"):
        folder = digests.folder_of(digest)
        digest = _link(place, f"{REPOSITORIES}{repository}/_layers/{folder}/link")
    return digests.valid(digest) and place.has(STORE + digests.path_of(digest))


def _link(place: Backend, name: str) -> str:
    """Return the digest in a link; empty if the link is gone."""
    try:
        return b"".join(place.read(name)).decode("ascii", "replace").strip()
    except (OSError, RefusedError):
        return ""


def _names(place: Backend, repository: str, digest: str) -> list[str]:
    """Return the tags of a manifest as references; its digest if it has none."""
    under = f"{REPOSITORIES}{repository}/_manifests/tags/"
    tags = []
    for name, _ in place.names(under):
        found = _TAGGED.fullmatch(name)
        if found and f"{found[2].replace('/', '+')}:{found[3]}" == digest:
            # The index has all manifests that the tag ever had.
            current = _link(place, f"{under}{found[1]}/current/link") == digest
            tags += [f"{repository}:{found[1]}"] if current else []
    return sorted(tags) or [f"{repository}@{digest}"]
