"""Which version a configuration was written for, and which one is to run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from holdfast.distribution.configuration import check_keys
from holdfast.errors import InputError
from holdfast.importing.entries import Entry
from holdfast.importing.extra import nested
from holdfast.versions import at_least

SOURCES = {"2.8": "2.8.3", "3.0": "3.0.0", "3.1": "3.1.1"}
"""Versions that a configuration can be for, with the newest of each that the tables know."""

PACKAGED = "2.8.3"
"""Version of the distribution's own package, on the platform that is the default."""


@dataclass(frozen=True)
class Target:
    """What the inventory will run, and where its keys come from."""

    source: str
    """Version that the configuration was written for."""
    version: str
    """Version that the inventory asks for."""
    variables: dict[str, Any] = field(default_factory=dict)
    """The settings that ask for it."""


def target(
    entries: Iterable[Entry], source: str | None, version: str | None, checksum: str | None
) -> Target:
    """Return what to import for; `source` is 2.8, 3.0 or 3.1, guessed when it is not given.

    Without a version it is the distribution's own package, 2.8. Raises InputError when that would
    be a step back, and when a version is asked for without its checksum.
    """
    known = SOURCES[source] if source else _guess(list(entries))
    if version is None:
        if at_least(known, "3.0"):
            raise InputError(
                "--to: expected the version to run, for the configuration is for 3.x, and"
                " Debian's package is 2.8. Give --to 3.1.1 --checksum sha256:..."
            )
        return Target(known, PACKAGED, {"registry_distribution_source": "package"})
    if checksum is None:
        raise InputError(
            f"--checksum: expected the SHA-256 of release {version}, got nothing."
            " Upstream publishes it beside each archive, with .sha256 after its name"
        )
    variables = {
        "registry_distribution_source": "release",
        "registry_distribution_version": version,
        "registry_distribution_checksum": checksum,
    }
    return Target(known, version, variables)


def _guess(entries: list[Entry]) -> str:
    """Return the version that knows the most of the keys; the older one in doubt."""

    def unknown(version: str) -> int:
        return sum(bool(check_keys(nested({e.path: e.value}), version)) for e in entries)

    return min(("2.8.3", "3.0.0", "3.1.1"), key=unknown)
