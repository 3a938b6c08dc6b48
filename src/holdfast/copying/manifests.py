"""Read what a manifest names, and make the index of referrers for registries without a list.

Source: OCI image specification 1.1; OCI distribution specification 1.1, referrers tag schema.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

from holdfast.copying.place import Descriptor, ImageError, Manifest

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
SCHEMA_1 = (
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
    "application/vnd.docker.distribution.manifest.v1+json",
)
ACCEPT = ", ".join(
    (
        *(OCI_INDEX, OCI_MANIFEST, "application/vnd.docker.distribution.manifest.list.v2+json"),
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.oci.artifact.manifest.v1+json",
        *SCHEMA_1,
    )
)
MOST_BYTES = 4 << 20
"""Maximum size of a manifest, which is that of the registry."""
_FOLLOWING = re.compile(r"(sha256|sha512)-([0-9a-f]{64}|[0-9a-f]{128})(?:\..+)?")


@dataclass(frozen=True)
class Parts:
    """The parts that a manifest names."""

    blobs: tuple[Descriptor, ...]
    config: Descriptor | None
    children: tuple[Descriptor, ...]
    """Manifests of an index."""


def parts(manifest: Manifest) -> Parts:
    """Return what a manifest names. Raises ImageError for schema 1 and for other content."""
    try:
        text = json.loads(manifest.content)
    except (ValueError, RecursionError) as error:
        raise ImageError(f"{manifest.digest}: expected a manifest, got no JSON") from error
    if not isinstance(text, dict):
        raise ImageError(f"{manifest.digest}: expected a manifest, got other JSON")
    if text.get("schemaVersion") == 1 or manifest.media_type in SCHEMA_1:
        raise ImageError(
            f"{manifest.digest}: expected a manifest of today, got schema 1, which registries no"
            " longer take. Push it again with a current client"
        )
    try:
        config = _descriptor(text["config"]) if text.get("config") else None
        layers = [_descriptor(one) for one in (text.get("layers") or text.get("blobs") or [])]
        children = tuple(_descriptor(one) for one in text.get("manifests") or [])
    except (KeyError, TypeError, ValueError) as error:
        raise ImageError(f"{manifest.digest}: expected descriptors, got others") from error
    found = [config, *layers] if config else layers
    return Parts(tuple({one.digest: one for one in found}.values()), config, children)


def _descriptor(one: Any) -> Descriptor:
    digest, size = one["digest"], one["size"]
    if not (isinstance(digest, str) and digests.valid(digest) and digests.hasher(digest)):
        raise ValueError(digest)
    if not isinstance(size, int) or size < 0:
        raise ValueError(size)
    kind = str(one.get("mediaType") or "")
    foreign = bool(one.get("urls")) or "foreign" in kind or "nondistributable" in kind
    return Descriptor(digest, size, kind, foreign)


def descriptors(index: bytes) -> list[Descriptor]:
    """Return the manifests in an index. Raises ValueError if it is none."""
    try:
        return [_descriptor(one) for one in json.loads(index).get("manifests") or []]
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("expected an index") from error


def subject(tag: str) -> str:
    """Return the digest in the tag of a signature or of referrers; "" for other tags."""
    found = _FOLLOWING.fullmatch(tag)
    return f"{found[1]}:{found[2]}" if found else ""


def fallback(digest: str) -> str:
    """Return the tag that lists the referrers of a digest in a registry without a list."""
    return digest.replace(":", "-")


def with_referrers(before: bytes, added: list[Manifest]) -> Manifest:
    """Return the index of referrers, with those of before. Raises ValueError if it was none."""
    text = json.loads(before) if before else {}
    known = list(text.get("manifests") or [])
    names = {one.get("digest") for one in known}
    known += [_entry(one) for one in added if one.digest not in names]
    made = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": known}
    content = json.dumps(made, separators=(",", ":")).encode()
    return Manifest(digests.of(content), OCI_INDEX, content)


def _entry(one: Manifest) -> dict[str, Any]:
    text = json.loads(one.content)
    size = len(one.content)
    entry = {"mediaType": one.media_type, "digest": one.digest, "size": size}
    kind = text.get("artifactType") or (text.get("config") or {}).get("mediaType")
    entry |= {"artifactType": kind} if kind else {}
    return entry | ({"annotations": text["annotations"]} if text.get("annotations") else {})
