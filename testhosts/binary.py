"""Obtain the real registry for tests and the demo: upstream's release, or built with Go."""

from __future__ import annotations

import hashlib
import io
import platform
import shlex
import shutil
import tarfile
import tempfile
import urllib.request
from http.client import HTTPException
from pathlib import Path

from testhosts.cache import cache, locked
from testhosts.machine import HarnessError, run

VERSION = "3.1.1"
RELEASES = "https://github.com/distribution/distribution/releases/download"
MODULE = "github.com/distribution/distribution/v3"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
PEBBLE = "github.com/letsencrypt/pebble/v2/cmd"
CONTAINERD = "github.com/containerd/containerd/v2/cmd"
TOOLS = {
    "containerd": f"{CONTAINERD}/containerd@v2.2.1",
    "crane": "github.com/google/go-containerregistry/cmd/crane@v0.22.1",
    "ctr": f"{CONTAINERD}/ctr@v2.2.1",
    "pebble": f"{PEBBLE}/pebble@v2.10.1",
    "pebble-challtestsrv": f"{PEBBLE}/pebble-challtestsrv@v2.10.1",
    "versitygw": "github.com/versity/versitygw/cmd/versitygw@v1.8.0",
}
ANSWER_SECONDS = 10
BUILD_SECONDS = 1800


def obtain(version: str = VERSION) -> dict[str, str]:
    """Return path, version, sha256 and origin (release or go) of a static registry.

    Raises HarnessError 4 if it can neither be downloaded nor built.
    """
    folder = cache() / "registry" / version
    path, note = folder / "registry", folder / "origin"
    with locked("registry"):
        if not (path.exists() and note.exists()):
            folder.mkdir(parents=True, exist_ok=True)
            origin = "release" if _download(version, path) else _build(version, path)
            note.write_text(origin)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"path": str(path), "version": version, "sha256": digest, "origin": note.read_text()}


def packaged() -> Path:
    """Return registry 2.8 from this system's package docker-registry, unpacked, not installed.

    Raises HarnessError if it cannot be downloaded.
    """
    folder = cache() / "packaged"
    found = folder / "usr" / "bin" / "docker-registry"
    with locked("packaged"):
        if not found.exists():
            folder.mkdir(exist_ok=True)
            script = "apt-get -qq download docker-registry && dpkg -x docker-registry_*.deb ."
            run(["sh", "-c", f"cd {shlex.quote(str(folder))} && {script}"])
    return found


def tool(name: str) -> Path:
    """Return a registry client, built once. Raises HarnessError 3 if unknown, 4 without Go."""
    if name not in TOOLS:
        raise HarnessError(f"{name}: expected one of {', '.join(sorted(TOOLS))}", 3)
    path = cache() / "tools" / name
    with locked("tools"):
        if not path.exists():
            _go(TOOLS[name], path)
    return path


def _download(version: str, path: Path) -> bool:
    """Download a release, and verify its checksum; return False if it is unreachable."""
    machine = ARCHITECTURES.get(platform.machine(), platform.machine())
    address = f"{RELEASES}/v{version}/registry_{version}_linux_{machine}.tar.gz"
    try:
        expected = _read(f"{address}.sha256").decode().split()[0]
        archive = _read(address)
    except (OSError, HTTPException):
        return False
    found = hashlib.sha256(archive).hexdigest()
    if found != expected:
        raise HarnessError(f"{address}: expected checksum {expected}, found {found}. Try again", 4)
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        member = members.extractfile("registry")
        _keep(member.read() if member else b"", path)
    return True


def _read(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=ANSWER_SECONDS) as stream:
        return bytes(stream.read())


def _build(version: str, path: Path) -> str:
    if not version.startswith("3."):
        raise HarnessError(f"registry {version}: its release is out of reach, and Go builds 3.x", 4)
    _go(f"{MODULE}/cmd/registry@v{version}", path, f"-X {MODULE}/version.version=v{version}")
    return "go"


def _go(package: str, path: Path, flags: str = "") -> None:
    go = shutil.which("go") or "/usr/local/go/bin/go"
    if not Path(go).exists():
        raise HarnessError(f"{package}: no release within reach, and no Go here to build it", 4)
    with tempfile.TemporaryDirectory() as folder:
        environment = [f"GOBIN={folder}", "CGO_ENABLED=0", "GOFLAGS=-mod=mod"]
        build = [go, "install", "-trimpath", "-ldflags", f"-s -w {flags}", package]
        try:
            run(["env", *environment, *build], timeout=BUILD_SECONDS)
        except HarnessError as error:
            raise HarnessError(f"{package}: no release within reach, and {error}", 4) from None
        _keep((Path(folder) / path.name).read_bytes(), path)


def _keep(content: bytes, path: Path) -> None:
    """Write a program atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.chmod(0o755)
    new.replace(path)
