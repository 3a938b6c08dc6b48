"""Join the kit's catalogue with a signed one that an inventory names."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from holdfast import releases
from holdfast.catalogue.entries import Catalogue, parsed
from holdfast.catalogue.signing import verified
from holdfast.errors import InputError
from holdfast.versions import number


@lru_cache(maxsize=4)
def kit() -> Catalogue:
    """Return the catalogue of this version of holdfast."""
    return parsed(releases.FILE.read_text(encoding="ascii"), str(releases.FILE))


@lru_cache(maxsize=4)
def known(own: str | None) -> Catalogue:
    """Return what the kit and the text of an own catalogue know together."""
    return joined(kit(), parsed(own, "registry_distribution_catalogue")) if own else kit()


def proven(path: Path, signers: Path) -> Catalogue:
    """Return an own catalogue. Raises RefusedError if its signature or a checksum is wrong."""
    found, _ = verified(path, signers)
    for version, checksums in kit().releases.items():
        for architecture, checksum in found.releases.get(version, {}).items():
            expected = checksums.get(architecture, checksum)
            if checksum != expected:
                raise InputError(
                    f"{path}: expected {expected} for {version} on {architecture}, as this version"
                    f" of holdfast has it, got {checksum}. A release never changes: find out which"
                    " is right"
                )
    return found


def joined(one: Catalogue, other: Catalogue) -> Catalogue:
    """Return what two catalogues know; facts of the second count, and the higher floor."""
    versions = {*one.releases, *other.releases}
    floors = {*one.floors, *other.floors}
    return replace(
        other,
        day=max(one.day, other.day),
        releases={v: {**one.releases.get(v, {}), **other.releases.get(v, {})} for v in versions},
        about={**one.about, **other.about},
        floors={n: max(one.floors.get(n, ""), other.floors.get(n, ""), key=number) for n in floors},
    )
