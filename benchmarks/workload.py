"""Requests of clients to a registry; each function returns their milliseconds."""

from __future__ import annotations

import json
import time

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)

from benchmarks.seeded_registry import SeededRegistry
from benchmarks.store import tag_of

REQUESTS = 50


def pages(one: SeededRegistry, path: str) -> float:
    """Return the time of a complete list, page after page."""
    begun, names = time.perf_counter(), 0
    while path:
        body, path = one.get(path)
        listed = json.loads(body)
        names += len(listed["repositories" if "repositories" in listed else "tags"] or ())
    assert names in (one.made.repositories, one.made.tags), names
    return _since(begun)


def once(one: SeededRegistry, path: str) -> float:
    """Return the time of one request."""
    begun = time.perf_counter()
    one.get(path)
    return _since(begun)


def manifest(one: SeededRegistry) -> float:
    """Return the mean time of a manifest by tag."""
    begun = time.perf_counter()
    for _ in range(REQUESTS):
        tag = tag_of(one.random.randrange(one.made.tags))
        one.get(f"/v2/{one.repository}/manifests/{tag}")
    return _since(begun) / REQUESTS


def blob(one: SeededRegistry) -> float:
    """Return the mean time of a small blob."""
    begun = time.perf_counter()
    for _ in range(REQUESTS):
        one.get(f"/v2/{one.repository}/blobs/{one.made.blob}")
    return _since(begun) / REQUESTS


def pushed(one: SeededRegistry) -> tuple[float, float]:
    """Return the time of a push of a small new image, and of its delete by digest."""
    tag = f"pushed-{next(one.numbers)}"
    image = two_layer_image(f"{tag} {one.preview.scratch}")
    begun = time.perf_counter()
    one.client.push(one.repository, tag, image)
    took, begun = _since(begun), time.perf_counter()
    assert one.client.delete(one.repository, image.digest)
    return took, _since(begun)


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000
