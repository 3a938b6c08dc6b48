"""Images with chosen labels, annotations, layers and platforms, and indexes of them."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    CONFIG_TYPE,
    LAYER_TYPE,
    MANIFEST_TYPE,
    Image,
    digest_of,
)

INDEX_TYPE = "application/vnd.oci.image.index.v1+json"


def image(
    text: str,
    *,
    layers: int = 1,
    size: int = 10,
    labels: tuple[str, ...] = (),
    annotations: tuple[str, ...] = (),
    platform: str = "linux/amd64",
    config_type: str = CONFIG_TYPE,
) -> Image:
    """Return an image whose layers have `size` bytes each."""
    system, _, machine = platform.partition("/")
    config = encoded(
        {
            "os": system,
            "architecture": machine,
            "config": {"Labels": dict.fromkeys(labels, "x")},
            "text": text,
        }
    )
    parts = [f"{text} {number} ".encode().ljust(size, b".")[:size] for number in range(layers)]
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": descriptor(config_type, config),
        "layers": [descriptor(LAYER_TYPE, part) for part in parts],
        "annotations": dict.fromkeys(annotations, "x"),
    }
    return Image(encoded(manifest), {digest_of(one): one for one in (config, *parts)})


def index(*images: Image, annotations: tuple[str, ...] = ()) -> bytes:
    """Return an index of images."""
    return encoded(
        {
            "schemaVersion": 2,
            "mediaType": INDEX_TYPE,
            "manifests": [descriptor(MANIFEST_TYPE, one.manifest) for one in images],
            "annotations": dict.fromkeys(annotations, "x"),
        }
    )


def descriptor(kind: str, content: bytes) -> dict[str, Any]:
    """Return what a manifest says of a blob."""
    return {"mediaType": kind, "digest": digest_of(content), "size": len(content)}


def encoded(value: dict[str, Any]) -> bytes:
    """Return JSON."""
    return json.dumps(value).encode()
