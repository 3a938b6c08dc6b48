"""What clients ask of a registry: each returns the milliseconds that it took."""

from __future__ import annotations

import json
import time

from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    two_layer_image,
)

from benchmarks.stocked import Stocked
from benchmarks.store import tag_of

REQUESTS = 50


def pages(one: Stocked, path: str) -> float:
    """Return what a list takes, page after page; it has to be whole."""
    begun, names = time.perf_counter(), 0
    while path:
        body, path = one.get(path)
        listed = json.loads(body)
        names += len(listed["repositories" if "repositories" in listed else "tags"] or ())
    assert names in (one.made.repositories, one.made.tags), names
    return _since(begun)


def once(one: Stocked, path: str) -> float:
    """Return what one request takes."""
    begun = time.perf_counter()
    one.get(path)
    return _since(begun)


def manifest(one: Stocked) -> float:
    """Return what a manifest by tag takes, a mean of some."""
    begun = time.perf_counter()
    for _ in range(REQUESTS):
        tag = tag_of(one.random.randrange(one.made.tags))
        one.get(f"/v2/{one.repository}/manifests/{tag}")
    return _since(begun) / REQUESTS


def blob(one: Stocked) -> float:
    """Return what a small blob takes, a mean of some."""
    begun = time.perf_counter()
    for _ in range(REQUESTS):
        one.get(f"/v2/{one.repository}/blobs/{one.made.blob}")
    return _since(begun) / REQUESTS


def pushed(one: Stocked) -> tuple[float, float]:
    """Return what the push of a small new image takes, and its delete by digest."""
    tag = f"pushed-{next(one.numbers)}"
    image = two_layer_image(f"{tag} {one.preview.scratch}")
    begun = time.perf_counter()
    one.client.push(one.repository, tag, image)
    took, begun = _since(begun), time.perf_counter()
    assert one.client.delete(one.repository, image.digest)
    return took, _since(begun)


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000
