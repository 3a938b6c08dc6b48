"""Compare a host's version of the registry with the catalogue. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from holdfast.catalogue import Catalogue
from holdfast.settings import Settings
from holdfast.versions import at_least

UPGRADE = "Run: holdfast upgrade --plan"
FOREIGN = (
    "Set registry_distribution_version with its binary and checksum, then run: holdfast deploy"
)
"""Advice for a file or an address, which the verb leaves to a person."""


def lines(
    settings: Settings, known: Catalogue, version: str | None, today: date
) -> Iterator[tuple[str, str, str]]:
    """Yield phase, state and text about newer versions, and the age of what is known.

    A newer version is no problem of the host; a known vulnerability of the one that serves is.
    That of a package is left out: its maintainers fix it without another version.
    """
    if version is None:
        return
    floor = "" if settings.distribution.from_package else known.floor(version)
    about = f"catalogue {known.aged(today)}"
    todo = FOREIGN if settings.distribution.users_own else UPGRADE
    if floor:
        text = f"{version} has known vulnerabilities, {floor} has none ({about}). {todo}"
        yield "catalogue", "warning", text
    elif not at_least(version, known.newest):
        yield "catalogue", "ok", f"{known.newest} is newer than {version} ({about}). {todo}"
    else:
        yield "catalogue", "ok", f"{version} is the newest known ({about})"
