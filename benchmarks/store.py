"""Write a registry's storage directly to the disk: many tags in seconds, as if pushed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    CONFIG_TYPE,
    LAYER_TYPE,
    MANIFEST_TYPE,
    digest_of,
)

LAYERS = 4
"""Number of layers that all images of a repository share."""


@dataclass(frozen=True)
class Made:
    """Facts of a generated store."""

    repositories: int
    tags: int
    """Number of tags in each repository."""
    blob: str
    """Digest of the configuration of the last tag in the last repository."""


def name_of(number: int) -> str:
    """Return the name of a repository; names sort like the numbers."""
    return f"team{number // 100:03}/app{number % 100:02}"


def tag_of(number: int) -> str:
    """Return the name of a tag; names sort like the numbers."""
    return f"build-{number:06}"


def make(root: Path, repositories: int, tags: int) -> Made:
    """Write repositories with some tags each to an empty directory.

    Each tag has its own manifest and configuration, as builds have; layers are shared. Links of
    equal content are hard links to one file, which the registry reads in the same way.
    """
    at = str(root / "docker/registry/v2")
    for pair in range(256):
        Path(f"{at}/blobs/sha256/{pair:02x}").mkdir(parents=True)
    layers = [_blob(at, f"layer {number} ".encode() * 20) for number in range(LAYERS)]
    config = layers[0]
    for number in range(repositories):
        repository = f"{at}/repositories/{name_of(number)}"
        for folder in ("_layers", "_manifests/revisions"):
            Path(f"{repository}/{folder}/sha256").mkdir(parents=True)
        _directory(f"{repository}/_uploads")
        _directory(f"{repository}/_manifests/tags")
        for digest, _ in layers:
            _link(f"{repository}/_layers/sha256/{digest[7:]}", digest)
        for tag in range(tags):
            config = _blob(at, _config(number, tag))
            _link(f"{repository}/_layers/sha256/{config[0][7:]}", config[0])
            manifest, _ = _blob(at, _manifest(config, layers))
            _tag(f"{repository}/_manifests", tag_of(tag), manifest)
    return Made(repositories, tags, config[0])


def _tag(manifests: str, tag: str, digest: str) -> None:
    """Write the links of a manifest and of the tag that names it."""
    revision, tagged = f"{manifests}/revisions/sha256/{digest[7:]}", f"{manifests}/tags/{tag}"
    _link(revision, digest)
    index = f"{tagged}/index/sha256/{digest[7:]}"
    for folder in (tagged, f"{tagged}/current", f"{tagged}/index", f"{tagged}/index/sha256", index):
        _directory(folder)
    os.link(f"{revision}/link", f"{tagged}/current/link")
    os.link(f"{revision}/link", f"{index}/link")


def _link(folder: str, digest: str) -> None:
    _directory(folder)
    _write(f"{folder}/link", digest.encode())


def _blob(at: str, content: bytes) -> tuple[str, int]:
    """Write a blob; return its digest and size."""
    digest = digest_of(content)
    folder = f"{at}/blobs/sha256/{digest[7:9]}/{digest[7:]}"
    _directory(folder)
    _write(f"{folder}/data", content)
    return digest, len(content)


def _directory(path: str) -> None:
    os.mkdir(path)  # noqa: PTH102 -- there are a million of them


def _write(path: str, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    os.write(handle, content)
    os.close(handle)


def _config(repository: int, tag: int) -> bytes:
    text = {"architecture": "amd64", "os": "linux", "config": {"Labels": {"build": f"{tag}"}}}
    made = {"author": f"repository {repository}", "rootfs": {"type": "layers", "diff_ids": []}}
    return json.dumps({**text, **made}).encode()


def _manifest(config: tuple[str, int], layers: list[tuple[str, int]]) -> bytes:
    kinds: Iterator[tuple[str, tuple[str, int]]] = ((LAYER_TYPE, layer) for layer in layers)
    first, *rest = (
        {"mediaType": kind, "digest": digest, "size": size}
        for kind, (digest, size) in ((CONFIG_TYPE, config), *kinds)
    )
    head = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE}
    return json.dumps({**head, "config": first, "layers": rest}).encode()
