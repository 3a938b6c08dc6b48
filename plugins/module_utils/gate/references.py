"""Read what a manifest references: its blobs and the manifests of an index.

Sources: OCI image specification 1.1 (manifest, index), Docker's manifest 2.2 and schema 1.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple


class References(NamedTuple):
    """Digests that a manifest names."""

    blobs: tuple[str, ...]
    """Configuration and layers that the same repository has to have."""
    manifests: tuple[str, ...]
    """Manifests of an index."""
    subject: str = ""
    """Manifest to which this one is attached: no reference, it may be missing."""


def references(content: bytes) -> References:
    """Return what a manifest names. Raises ValueError if it cannot be read."""
    try:
        manifest = json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(manifest, dict):
        raise ValueError(f"expected a JSON object, got {type(manifest).__name__}")
    blobs = _named([manifest.get("config")]) + _named(_layers(manifest))
    blobs += _named(manifest.get("blobs")) + _named(manifest.get("fsLayers"), "blobSum")
    subject = next(iter(_named([manifest.get("subject")])), "")
    return References(_once(blobs), _once(_named(manifest.get("manifests"))), subject)


def closure(content: bytes, read: Callable[[str], bytes | None]) -> tuple[References, set[str]]:
    """Return what a manifest names itself, and all digests that it needs.

    The manifests of an index are followed; `read` returns their content by digest, None if it is
    missing. Raises ValueError if the first one cannot be read.
    """
    own = references(content)
    found, waiting = {*own.blobs, *own.manifests}, list(own.manifests)
    while waiting:
        inner = read(waiting.pop())
        if inner is None:
            continue
        try:
            below = references(inner)
        except ValueError:  # the registry decides whether it takes an index of such a child
            continue
        waiting += [one for one in below.manifests if one not in found]
        found.update(below.blobs, below.manifests)
    return own, found


def _layers(manifest: dict[str, Any]) -> list[Any]:
    """Return layers, without those that clients fetch from elsewhere."""
    layers = manifest.get("layers")
    if not isinstance(layers, list):
        return []
    return [one for one in layers if isinstance(one, dict) and not one.get("urls")]


def _named(found: Any, key: str = "digest") -> list[str]:
    if not isinstance(found, list):
        return []
    return [one[key] for one in found if isinstance(one, dict) and isinstance(one.get(key), str)]


def _once(found: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))
