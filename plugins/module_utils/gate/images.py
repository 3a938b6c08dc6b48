"""Read the size, layers, labels, annotations and platforms of images, for rules at push."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

Read = Callable[[str], "bytes | None"]
Size = Callable[[str], int]
CONFIGS = frozenset(
    (
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    )
)
MOST_IMAGES = 1000
"""Maximum number of manifests of an index that are read."""
_PLATFORM = re.compile(r"[a-z0-9]+/[A-Za-z0-9_]+(?:/[A-Za-z0-9._-]+)?")


class Image(NamedTuple):
    """One platform of an image, or an artifact such as a signature."""

    size: int
    """Bytes of its configuration and layers, as stored."""
    layers: int
    annotations: frozenset[str]
    runs: bool
    """True for an image; an artifact has neither labels nor a platform."""
    labels: frozenset[str] = frozenset()
    platform: str = ""
    """Such as `linux/arm64/v8`; "" if it is not known."""


class Contents(NamedTuple):
    """A manifest, or an index with its images."""

    annotations: frozenset[str]
    images: tuple[Image, ...]


def contents(manifest: bytes, read: Read, size: Size) -> Contents:
    """Return the contents of a manifest. Raises ValueError if it cannot be read.

    `read` returns a blob by digest, None if it is missing.
    """
    top = _parsed(manifest)
    found: list[Image] = []
    waiting, seen = [top], set[str]()
    while waiting and len(seen) < MOST_IMAGES:
        one = waiting.pop()
        inner = one.get("manifests")
        if not isinstance(inner, list):
            found.append(_image(one, read, size))
            continue
        for digest in _digests(inner):
            if digest not in seen:
                seen.add(digest)
                waiting += _read(digest, read)
    return Contents(_keys(top.get("annotations")), tuple(found))


def _image(manifest: dict[str, Any], read: Read, size: Size) -> Image:
    layers = manifest.get("layers") or manifest.get("fsLayers")
    layers = layers if isinstance(layers, list) else []
    config = manifest.get("config")
    blobs = {*_digests([config]), *_digests(layers)}
    bare = Image(sum(map(size, blobs)), len(layers), _keys(manifest.get("annotations")), False)
    if not _is_image(config, layers):
        return bare
    text = next((found for one in _digests([config]) for found in _read(one, read)), {})
    platform = "/".join(
        str(text[key]) for key in ("os", "architecture", "variant") if text.get(key)
    )
    if platform == "unknown/unknown":  # what buildkit pushes beside an image
        return bare
    inner = text.get("config")
    labels = _keys(inner.get("Labels")) if isinstance(inner, dict) else frozenset()
    known = platform if _PLATFORM.fullmatch(platform) else ""
    return bare._replace(runs=True, labels=labels, platform=known)


def _is_image(config: Any, layers: list[Any]) -> bool:
    """Return True if a manifest is that of an image; cosign's signatures have only its config."""
    kind = config.get("mediaType") if isinstance(config, dict) else None
    kinds = [str(one.get("mediaType")) for one in layers if isinstance(one, dict)]
    return str(kind) in CONFIGS and (not kinds or any(".tar" in one for one in kinds))


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError(f"expected a JSON object, got {type(found).__name__}")
    return found


def _read(digest: str, read: Read) -> list[dict[str, Any]]:
    """Return the JSON object of a blob in a list; an empty list if there is none."""
    try:
        content = read(digest)
        return [] if content is None else [_parsed(content)]
    except (OSError, ValueError):
        return []


def _digests(found: list[Any]) -> list[str]:
    keys = ("digest", "blobSum")
    named = [one.get(key) for one in found if isinstance(one, dict) for key in keys]
    return [one for one in named if isinstance(one, str)]


def _keys(found: Any) -> frozenset[str]:
    return frozenset(map(str, found)) if isinstance(found, dict) else frozenset()
