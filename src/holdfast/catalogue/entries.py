"""Read and extend catalogues: checksums of releases, by version and architecture."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from holdfast.distribution import elf
from holdfast.distribution.obtain import ARCHITECTURES, unpacked
from holdfast.errors import InputError, RefusedError

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_CHECKSUM = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Catalogue:
    """Checksums of archives, and the day of the last change."""

    day: date
    releases: Mapping[str, Mapping[str, str]]

    @property
    def text(self) -> str:
        """The content of its file."""
        found = {"date": self.day.isoformat(), "releases": self.releases}
        return json.dumps(found, indent=2, sort_keys=True) + "\n"

    def age(self, today: date) -> int:
        """Return its age in days."""
        return (today - self.day).days


def parsed(text: str, where: str) -> Catalogue:
    """Return the catalogue in a text. Raises InputError for anything else."""
    try:
        found: Any = json.loads(text)
        day, releases = date.fromisoformat(found["date"]), found["releases"]
        sound = all(
            _VERSION.fullmatch(version) and name.isalnum() and _CHECKSUM.fullmatch(checksum)
            for version, checksums in releases.items()
            for name, checksum in checksums.items()
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _no_catalogue(where, f"{type(error).__name__}: {error}") from None
    if not sound:
        raise _no_catalogue(where, "another version, architecture or checksum")
    return Catalogue(day, releases)


def extended(known: Catalogue, version: str, archives: Iterable[Path], today: date) -> Catalogue:
    """Return a catalogue with the checksums of files of a release, which are read for that.

    Raises InputError for a file that is no archive of the registry, or has another checksum than
    the .sha256 file beside it, or than the catalogue had for it.
    """
    if not _VERSION.fullmatch(version):
        raise InputError(f"VERSION: expected three numbers, got {version}. Give one, e.g. 3.1.1")
    found = dict(known.releases.get(version, {}))
    for path in archives:
        checksum = f"sha256:{hashlib.sha256(content(path)).hexdigest()}"
        architecture = _architecture(path)
        _compare(path, checksum)
        if found.setdefault(architecture, checksum) != checksum:
            raise InputError(
                f"{path}: expected {found[architecture]}, as the catalogue has it for {version} on"
                f" {architecture}, got {checksum}. A release never changes: find out which is right"
            )
    return Catalogue(today, {**known.releases, version: found})


def today() -> date:
    """Return the current day."""
    return datetime.now(UTC).date()


def _architecture(path: Path) -> str:
    """Return the name of the architecture of the registry in an archive."""
    with tempfile.NamedTemporaryFile() as stream:
        try:
            stream.write(unpacked(path))
        except RefusedError:
            raise _no_archive(path) from None
        stream.flush()
        fitting = [
            name
            for machine, name in ARCHITECTURES.items()
            if elf.unfit(Path(stream.name), machine) is None
        ]
    if len(fitting) != 1:
        raise _no_archive(path)
    return fitting[0]


def _compare(path: Path, checksum: str) -> None:
    beside = Path(f"{path}.sha256")
    if not beside.exists():
        return
    said = beside.read_text(encoding="ascii", errors="replace").split()
    if [f"sha256:{one}" for one in said[:1]] != [checksum]:
        raise InputError(f"{path}: expected the checksum in {beside}, got {checksum}. Get it again")


def content(path: Path) -> bytes:
    """Return the content of a file. Raises InputError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: expected a file, {error.strerror}. Name another one") from None


def _no_archive(path: Path) -> InputError:
    return InputError(
        f"{path}: expected a .tar.gz with a static registry, got something else. Get it again"
    )


def _no_catalogue(where: str, found: str) -> InputError:
    return InputError(f"{where}: expected a catalogue of releases, got {found}. Get it again")
