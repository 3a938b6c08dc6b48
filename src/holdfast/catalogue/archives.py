"""Extend catalogues by the archives of a release, which are read for that."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from holdfast.catalogue.entries import VERSION, About, Catalogue, content
from holdfast.distribution import elf
from holdfast.distribution.obtain import ARCHITECTURES, unpacked
from holdfast.errors import InputError, RefusedError


def extended(  # noqa: PLR0913 -- the facts about a release
    known: Catalogue,
    version: str,
    archives: Iterable[Path],
    today: date,
    about: About | None = None,
    *,
    floor: bool = False,
) -> Catalogue:
    """Return a catalogue with the checksums of files of a release, and facts about it.

    With `floor` older versions with the same first number have known vulnerabilities. Facts that
    the catalogue has are kept unless there are new ones. Raises InputError for a file that is no
    archive of the registry, or has another checksum than the .sha256 file beside it, or than the
    catalogue had for it.
    """
    if not VERSION.fullmatch(version):
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
    return replace(
        known,
        day=today,
        releases={**known.releases, version: found},
        about={**known.about, **({version: about} if about and about != About() else {})},
        floors={**known.floors, **({version.partition(".")[0]: version} if floor else {})},
    )


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


def _no_archive(path: Path) -> InputError:
    return InputError(
        f"{path}: expected a .tar.gz with a static registry, got something else. Get it again"
    )
