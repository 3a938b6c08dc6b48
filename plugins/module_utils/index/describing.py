"""Describe a manifest by its bytes and those of its configuration: what people search and compare.

Sources: OCI image specification 1.1 (manifest, config), Docker's manifest 2.2 and schema 1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.holdfast.registry.plugins.module_utils.gate.images import CONFIGS
from ansible_collections.holdfast.registry.plugins.module_utils.gate.references import references

MOST_TEXT = 64 << 10
"""Letters of all labels and annotations that are kept: they are strangers' text."""
REVISION = "org.opencontainers.image.revision"
BASE_NAME = "org.opencontainers.image.base.name"
_HEXADECIMAL = re.compile(r"(?:sha\d+:)?[0-9a-f]{32,}")
_SECRET = re.compile(
    r"(?i)\b([a-z0-9_]*(?:passw(?:or)?d|secret|token|api_?key|private_?key)[a-z0-9_]*)=(?!\$)\S"
)


class Layer(NamedTuple):
    """A layer of an image, in the order of the image."""

    digest: str
    diff: str
    """Digest of its unpacked content, from the configuration; "" if it is not known."""


class Child(NamedTuple):
    """A manifest of an index."""

    digest: str
    platform: str


class Described(NamedTuple):
    """A manifest as the index keeps it."""

    kind: str
    """image, index, artifact, or missing for one that cannot be read."""
    media: str = ""
    artifact: str = ""
    """Type of an artifact, such as that of a signature."""
    config: str = ""
    created: str = ""
    platform: str = ""
    user: str = ""
    layers: tuple[Layer, ...] = ()
    others: tuple[str, ...] = ()
    """Blobs that are neither the configuration nor layers."""
    children: tuple[Child, ...] = ()
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    subject: str = ""
    secrets: tuple[str, ...] = ()
    """Names of variables in steps and environment that look like those of secrets."""

    @property
    def words(self) -> str:
        """Return the text that is searched: labels and annotations without long hexadecimals."""
        every = {**self.annotations, **self.labels}
        return "\n".join(
            f"{key}={value}" for key, value in every.items() if not _HEXADECIMAL.fullmatch(value)
        )


MISSING = Described("missing")


def described(content: bytes, config: bytes | None) -> Described:
    """Return the description of a manifest. Raises ValueError if it cannot be read."""
    named = references(content)
    manifest = json.loads(content)
    settings = parsed(config)
    diffs = _texts(_object(settings.get("rootfs")).get("diff_ids"))
    layers = [str(one) for one in _layers(manifest)]
    own = _digest(manifest.get("config"))
    pairs = [*diffs, *[""] * len(layers)] if len(diffs) == len(layers) else [""] * len(layers)
    inner = _object(settings.get("config"))
    platform = _platform(settings)
    kind = _kind(manifest, own)
    return Described(
        kind=kind,
        media=_text(manifest.get("mediaType"), 200),
        artifact=_artifact(manifest, kind),
        config=own,
        created=_text(settings.get("created"), 40),
        platform=platform if kind == "image" else "",
        user=_text(inner.get("User"), 100),
        layers=tuple(Layer(*pair) for pair in zip(layers, pairs, strict=False)),
        others=tuple(one for one in named.blobs if one != own and one not in layers),
        children=tuple(_children(manifest)),
        labels=_bounded(inner.get("Labels")),
        annotations=_bounded(manifest.get("annotations")),
        subject=named.subject,
        secrets=tuple(dict.fromkeys(_secrets(settings, inner))),
    )


def parsed(content: bytes | None) -> dict[str, Any]:
    """Return the JSON object of a configuration; an empty one if it has none."""
    try:
        return _object(json.loads(content or b"{}"))
    except (ValueError, RecursionError):
        return {}


def _kind(manifest: dict[str, Any], config: str) -> str:
    if isinstance(manifest.get("manifests"), list):
        return "index"
    if isinstance(manifest.get("fsLayers"), list):
        return "image"
    media = _object(manifest.get("config")).get("mediaType")
    kinds = [_text(one.get("mediaType"), 200) for one in _objects(manifest.get("layers"))]
    image = media in CONFIGS and (not kinds or any(".tar" in one for one in kinds))
    return "image" if config and image else "artifact"


def _artifact(manifest: dict[str, Any], kind: str) -> str:
    """Return the type of an artifact: as it says, or that of its configuration or first layer."""
    if kind != "artifact":
        return _text(manifest.get("artifactType"), 200)
    media = _object(manifest.get("config")).get("mediaType")
    own = manifest.get("artifactType") or ("" if media in CONFIGS else media)
    first = next(iter(_objects(manifest.get("layers"))), {}).get("mediaType")
    return _text(own or first, 200)


def _layers(manifest: dict[str, Any]) -> Iterator[str]:
    """Yield the digests of layers, the lowest first, without those that other servers have."""
    for one in _objects(manifest.get("layers")):
        if not one.get("urls") and _digest(one):
            yield _digest(one)
    for one in reversed(_objects(manifest.get("fsLayers"))):  # schema 1 has the newest first
        if isinstance(one.get("blobSum"), str):
            yield one["blobSum"]


def _children(manifest: dict[str, Any]) -> Iterator[Child]:
    for one in _objects(manifest.get("manifests")):
        if _digest(one):
            yield Child(_digest(one), _platform(_object(one.get("platform"))))


def _platform(found: dict[str, Any]) -> str:
    parts = [_text(found.get(key), 60) for key in ("os", "architecture", "variant")]
    return "/".join(part for part in parts if part)


def _secrets(settings: dict[str, Any], inner: dict[str, Any]) -> Iterator[str]:
    """Yield names that look like those of secrets with a value; never the values."""
    steps = (one.get("created_by") for one in _objects(settings.get("history")))
    for text in (*steps, *_texts(inner.get("Env"))):
        yield from _SECRET.findall(_text(text, MOST_TEXT))


def _bounded(found: Any) -> dict[str, str]:
    """Return texts by name, as many as are kept."""
    left, kept = MOST_TEXT, dict[str, str]()
    for key, value in _object(found).items():
        if not isinstance(value, str):
            continue
        name = _text(key, 300)
        kept[name] = _text(value, max(left - len(name), 0))
        left -= len(name) + len(kept[name])
        if left <= 0:
            break
    return kept


def _text(found: Any, most: int) -> str:
    """Return a text that a database can hold: a lone half of a character is none."""
    text = found if isinstance(found, str) else ""
    return text[:most].encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _texts(found: Any) -> list[str]:
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _object(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _objects(found: Any) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _digest(found: Any) -> str:
    digest = found.get("digest") if isinstance(found, dict) else None
    return digest if isinstance(digest, str) else ""
