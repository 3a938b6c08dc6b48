"""The registry's binary: obtained once, checked before anything is made of it, kept in a cache."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from holdfast.distribution import elf
from holdfast.errors import RefusedError
from holdfast.settings.sections import Download, LocalFile, Release

ARCHITECTURES = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "armv7",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
}
"""Names that upstream gives to machines, by what uname says."""

RELEASES = "https://github.com/distribution/distribution/releases/download"
LARGEST = 300 * 2**20
"""Bytes of the largest binary that is taken out of an archive."""


@dataclass(frozen=True)
class Binary:
    """A program in the cache that runs on the host."""

    path: Path
    version: str
    checksum: str
    """Of what the settings name: the archive, or the binary."""
    sha256: str
    """Of the binary itself."""
    size: int
    """In bytes."""


def default_cache() -> Path:
    """Return the folder on this machine where binaries are kept."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "holdfast"


def obtain(
    source: Release | Download | LocalFile,
    machine: str,
    inventory_directory: Path,
    cache: Path,
    report: Callable[[str], None],
) -> Binary:
    """Return the binary that the settings name, for a `machine` as uname says it.

    `report` is told where it came from. Raises RefusedError when it cannot be had, is not what
    the checksum says, or does not run on the host.
    """
    folder = cache / source.checksum.removeprefix("sha256:")
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    path = folder / "registry"
    with _locked(folder):
        if _known(path) is None:
            _fill(source, machine, inventory_directory, folder, report)
        else:
            report("from cache")
        sha256 = _known(path)
    problem = elf.unfit(path, machine)
    if sha256 is None or problem:
        raise RefusedError(f"registry_distribution: {problem}. Nothing was changed")
    return Binary(path, source.version, source.checksum, sha256, path.stat().st_size)


def _fill(
    source: Release | Download | LocalFile,
    machine: str,
    inventory_directory: Path,
    folder: Path,
    report: Callable[[str], None],
) -> None:
    from holdfast.distribution import fetch  # noqa: PLC0415 -- brings urllib; seldom needed

    raw = folder / "given"
    if isinstance(source, LocalFile):
        fetch.copy(inventory_directory / Path(source.path).expanduser(), raw, source.checksum)
        report("from a file")
    else:
        fetch.download(_address(source, machine), raw, source.checksum)
        report("downloaded")
    try:
        _extract(raw, folder / "registry")
    finally:
        raw.unlink(missing_ok=True)


def _address(source: Release | Download, machine: str) -> str:
    if isinstance(source, Download):
        return source.url
    if machine not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise RefusedError(f"host: expected one of {known}, got {machine}. Build for it, use file")
    name = f"registry_{source.version}_linux_{ARCHITECTURES[machine]}.tar.gz"
    return f"{RELEASES}/v{source.version}/{name}"


def _extract(raw: Path, path: Path) -> None:
    """Make the binary out of what was given: itself, or a .tar.gz with it."""
    with raw.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    content = _from_archive(raw) if packed else raw.read_bytes()
    beside = path.with_name(f"registry.part-{os.getpid()}")
    beside.write_bytes(content)
    beside.chmod(0o755)
    # The note goes first: a binary without one does not count.
    path.with_name("sha256").write_text(hashlib.sha256(content).hexdigest())
    beside.rename(path)


def _from_archive(raw: Path) -> bytes:
    try:
        with tarfile.open(raw, "r:gz") as archive:
            for member in archive:
                if Path(member.name).name == "registry" and member.isfile():
                    stream = archive.extractfile(member)
                    if stream is not None and member.size <= LARGEST:
                        return stream.read()
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, OSError) as error:
        raise RefusedError(f"registry_distribution: the archive is damaged ({error})") from error
    raise RefusedError("registry_distribution: expected an archive with a file `registry` in it")


def _known(path: Path) -> str | None:
    """Return the SHA-256 of a cached binary when it is what it was when it was put there."""
    try:
        noted = path.with_name("sha256").read_text().strip()
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None
    return noted if found == noted else None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
