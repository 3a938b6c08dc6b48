"""Determine the version of a configuration and the version to run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from holdfast.distribution.configuration import check_keys
from holdfast.errors import InputError
from holdfast.importing.entry import Entry
from holdfast.importing.extra_config import nested
from holdfast.platforms import DEFAULT, PLATFORMS
from holdfast.releases import CHECKSUMS, NEWEST
from holdfast.versions import at_least

SOURCES = {"2.8": "2.8.3", "3.0": "3.0.0", "3.1": "3.1.1"}
"""Versions of a configuration, with the newest release of each in the tables."""

PACKAGED = PLATFORMS[DEFAULT].registry_version
"""Version of Debian's package on the default platform."""


@dataclass(frozen=True)
class Target:
    """Version that the inventory runs, and version of the imported configuration."""

    source: str
    """Version of the imported configuration."""
    version: str
    """Version that the inventory selects."""
    variables: dict[str, Any] = field(default_factory=dict)
    """Settings that select the version."""


def target(
    entries: Iterable[Entry], source: str | None, version: str | None, checksum: str | None
) -> Target:
    """Return the versions; `source` is 2.8, 3.0 or 3.1, guessed if not given.

    Without a version it is Debian's package for a configuration of 2.8, else the newest release.
    Raises InputError if a version is given whose checksum is neither given nor known.
    """
    known = SOURCES[source] if source else _guess(list(entries))
    if version is None and not at_least(known, "3.0"):
        return Target(known, PACKAGED, {"registry_distribution_source": "package"})
    version = version or NEWEST
    if checksum is None and version not in CHECKSUMS:
        raise InputError(
            f"--checksum: expected the SHA-256 of release {version}, got nothing."
            " Upstream publishes it beside each archive, with .sha256 after its name"
        )
    variables = {
        "registry_distribution_source": "release",
        "registry_distribution_version": version,
        **({"registry_distribution_checksum": checksum} if checksum else {}),
    }
    return Target(known, version, variables)


def _guess(entries: list[Entry]) -> str:
    """Return the version that supports most of the keys; the oldest of equal ones."""

    known = [entry for entry in entries if not entry.reason]

    def unknown(version: str) -> int:
        return sum(bool(check_keys(nested({e.path: e.value}), version)) for e in known)

    return min(("2.8.3", "3.0.0", "3.1.1"), key=unknown)
