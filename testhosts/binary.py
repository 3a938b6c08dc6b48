"""The real registry for tests and the demo: upstream's release, else built with Go."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import tarfile
import urllib.request
from pathlib import Path
from urllib.error import URLError

from testhosts.machine import HarnessError, cache, run
from testhosts.podman import locked

RELEASES = "https://github.com/distribution/distribution/releases/download"
MODULE = "github.com/distribution/distribution/v3"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
TIMEOUT_SECONDS = 10


def obtain(version: str = "3.1.1") -> dict[str, str]:
    """Return path, version, sha256 and origin of a static binary. HarnessError 4 when none."""
    folder = cache() / "registry" / version
    path = folder / "registry"
    with locked():
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            origin = "release" if _release(version, path) else _built(version, path)
            (folder / "origin").write_text(origin)
    return {
        "path": str(path),
        "version": version,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "origin": (folder / "origin").read_text(),
    }


def tool(package: str) -> Path:
    """Return a Go program, built once: `github.com/owner/name/cmd/tool@version`."""
    name = package.split("@", maxsplit=1)[0].rsplit("/", 1)[1]
    path = cache() / "tools" / name
    with locked():
        if not path.exists():
            _go(package, path, "-s -w")
    return path


def _release(version: str, path: Path) -> bool:
    """Download upstream's archive, and check it against the checksum published beside it."""
    machine = ARCHITECTURES.get(platform.machine(), platform.machine())
    address = f"{RELEASES}/v{version}/registry_{version}_linux_{machine}.tar.gz"
    archive = path.with_name("archive.tar.gz")
    try:
        told = urllib.request.urlopen(f"{address}.sha256", timeout=TIMEOUT_SECONDS).read()
        with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as stream:
            archive.write_bytes(stream.read())
    except (URLError, OSError):
        return False
    if hashlib.sha256(archive.read_bytes()).hexdigest() != told.decode().split()[0]:
        raise HarnessError(f"{address}: the checksum published beside it is another one", 4)
    with tarfile.open(archive) as found:
        member = next(one for one in found if Path(one.name).name == "registry")
        content = found.extractfile(member)
        path.write_bytes(content.read() if content else b"")
    path.chmod(0o755)
    return True


def _built(version: str, path: Path) -> str:
    _go(
        f"{MODULE}/cmd/registry@v{version}",
        path,
        f"-s -w -X {MODULE}/version.version=v{version}",
    )
    return "go"


def _go(package: str, path: Path, flags: str) -> None:
    go = shutil.which("go") or "/usr/local/go/bin/go"
    if not Path(go).exists():
        raise HarnessError(
            f"{package}: neither upstream's release can be downloaded nor is Go here to build it", 4
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path.parent / "bin"
    wanted = {"GOBIN": str(target), "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod"}
    environment = [f"{key}={value}" for key, value in {**wanted, **_kept()}.items()]
    run(["env", *environment, go, "install", "-ldflags", flags, package], timeout=1800)
    shutil.move(target / path.name, path)


def _kept() -> dict[str, str]:
    """Return the user's own choice of a module proxy."""
    return {key: os.environ[key] for key in ("GOPROXY", "GOSUMDB") if key in os.environ}
