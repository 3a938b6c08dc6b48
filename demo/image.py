"""Build a small runnable image: the distribution's BusyBox, as an OCI layout."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import platform
import tarfile
from pathlib import Path
from typing import Any

MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
APPLETS = ("sh", "ls", "cat", "echo", "uname")


def write_layout(busybox: Path, layout: Path) -> None:
    """Write an image of two layers to an OCI layout: BusyBox, and a greeting."""
    blobs = layout / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    links = {f"bin/{name}": "busybox" for name in APPLETS}
    tars = [
        _tar({"bin/busybox": busybox.read_bytes()}, links),
        _tar({"etc/greeting": b"Hello from your own registry.\n"}, {}),
    ]
    layers = [_blob(blobs, gzip.compress(tar, mtime=0)) for tar in tars]
    config = {
        "architecture": MACHINES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": {"Cmd": ["/bin/cat", "/etc/greeting"], "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [_digest(tar) for tar in tars]},
    }
    kind = "application/vnd.oci.image"
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{kind}.manifest.v1+json",
        "config": _described(_blob(blobs, _json(config)), f"{kind}.config.v1+json"),
        "layers": [_described(layer, f"{kind}.layer.v1.tar+gzip") for layer in layers],
    }
    whole = _described(_blob(blobs, _json(manifest)), f"{kind}.manifest.v1+json")
    whole["annotations"] = {"org.opencontainers.image.ref.name": "latest"}
    (layout / "index.json").write_bytes(_json({"schemaVersion": 2, "manifests": [whole]}))
    (layout / "oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))


def _tar(files: dict[str, bytes], links: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
        for name, target in links.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return stream.getvalue()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _blob(blobs: Path, content: bytes) -> tuple[str, int]:
    digest = _digest(content)
    (blobs / digest.removeprefix("sha256:")).write_bytes(content)
    return digest, len(content)


def _described(blob: tuple[str, int], kind: str) -> dict[str, Any]:
    return {"mediaType": kind, "digest": blob[0], "size": blob[1]}


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
