"""Build container images in memory: a manifest and the blobs that it names."""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from dataclasses import dataclass

from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"


def digest_of(content: bytes) -> str:
    """Return the digest of bytes as registries write it: `sha256:` and 64 hex digits."""
    return digests.of(content)


@dataclass(frozen=True)
class Image:
    """An OCI image of one platform."""

    manifest: bytes
    blobs: dict[str, bytes]
    """Config and layers by digest."""

    @property
    def digest(self) -> str:
        """Return the digest of the manifest, by which the image is pulled."""
        return digest_of(self.manifest)


def two_layer_image(label: str) -> Image:
    """Return a small image with two layers of one file each; equal labels give equal bytes."""
    archives = [_tar(f"holdfast/{number}.txt", f"{label} {number}\n") for number in (1, 2)]
    layers = [_gzip(archive) for archive in archives]
    config = _json(
        {
            "created": "1970-01-01T00:00:00Z",
            "architecture": "amd64",
            "os": "linux",
            "config": {"Labels": {"holdfast": label}},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(archive) for archive in archives]},
        }
    )
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": _descriptor(CONFIG_TYPE, config),
        "layers": [_descriptor(LAYER_TYPE, layer) for layer in layers],
    }
    return Image(_json(manifest), {digest_of(blob): blob for blob in (config, *layers)})


def _descriptor(media_type: str, content: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}


def _json(value: dict[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _tar(name: str, text: str) -> bytes:
    content = text.encode()
    entry = tarfile.TarInfo(name)  # of root's, and from the year 1970
    entry.size = len(content)
    entry.mode = 0o644
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _gzip(content: bytes) -> bytes:
    # gzip.compress writes other header bytes in other versions of Python.
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()
