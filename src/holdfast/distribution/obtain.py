"""Obtain the registry's binary once, verify it before use, and keep it in a cache."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from holdfast.distribution import elf
from holdfast.errors import RefusedError
from holdfast.settings.sections.distribution import Obtained

ARCHITECTURES = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "armv7",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
}
"""Names of machine types in upstream's archives, by the name in uname."""

LARGEST = 300 * 2**20
"""Maximum size in bytes of a binary in an archive."""


@dataclass(frozen=True)
class Binary:
    """A program in the cache that runs on the host."""

    path: Path
    version: str
    checksum: str
    """Checksum of the file that the settings name: the archive, or the binary."""
    sha256: str
    """SHA-256 of the binary itself."""
    size: int
    """Size in bytes."""


def default_cache() -> Path:
    """Return the folder of cached binaries on the controller."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "holdfast"


def obtain(  # noqa: PLR0913, PLR0917 -- the settings, and this machine
    source: Obtained,
    machine: str,
    inventory_directory: Path,
    cache: Path,
    report: Callable[[str], None],
    variables: Mapping[str, str] | None = None,
) -> Binary:
    """Return the binary that the settings name, for a `machine` as in uname.

    `report` is called with its origin; `variables` are those of the outbound proxy. Raises
    RefusedError if it cannot be obtained, has another checksum, or does not run on the host.
    """
    checksum = source.checksum_for(ARCHITECTURES.get(machine))
    if checksum is None:
        raise _foreign(machine)
    folder = cache / checksum.removeprefix("sha256:")
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    path = folder / "registry"
    with _locked(folder):
        if _known(path) is None:
            _fill(source, machine, inventory_directory, folder, checksum, report, variables)
        else:
            report("from cache")
        sha256 = _known(path)
    problem = elf.unfit(path, machine)
    if sha256 is None or problem:
        raise RefusedError(f"registry_distribution: {problem}")
    return Binary(path, source.version, checksum, sha256, path.stat().st_size)


def _fill(  # noqa: PLR0913, PLR0917 -- as obtain
    source: Obtained,
    machine: str,
    inventory_directory: Path,
    folder: Path,
    checksum: str,
    report: Callable[[str], None],
    variables: Mapping[str, str] | None,
) -> None:
    from holdfast.distribution import fetch  # noqa: PLC0415 -- brings urllib; seldom needed

    raw = folder / "given"
    if source.file:
        fetch.copy(inventory_directory / Path(source.file).expanduser(), raw, checksum)
        report("from a file")
    else:
        fetch.download(_address(source, machine), raw, checksum, variables)
        report("downloaded")
    try:
        _extract(raw, folder / "registry")
    finally:
        raw.unlink(missing_ok=True)


def _address(source: Obtained, machine: str) -> str:
    address = source.address(ARCHITECTURES.get(machine))
    if address is None:
        raise _foreign(machine)
    return address


def _foreign(machine: str) -> RefusedError:
    known = ", ".join(ARCHITECTURES)
    return RefusedError(f"host: expected one of {known}, got {machine}. Build for it, use file")


def _extract(raw: Path, path: Path) -> None:
    """Extract the binary from the given file: the binary itself, or a .tar.gz that contains it."""
    with raw.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    content = unpacked(raw) if packed else raw.read_bytes()
    beside = path.with_name(f"registry.part-{os.getpid()}")
    beside.write_bytes(content)
    beside.chmod(0o755)
    # The note goes first: a binary without one does not count.
    path.with_name("sha256").write_text(hashlib.sha256(content).hexdigest())
    beside.rename(path)


def unpacked(raw: Path) -> bytes:
    """Return the registry's binary in a .tar.gz. Raises RefusedError if there is none."""
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
    """Return the SHA-256 of a cached binary if it is unchanged since it was stored, else None."""
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
