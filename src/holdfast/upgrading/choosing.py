"""Choose the version of an upgrade, and refuse those that must not be served."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.catalogue import Catalogue, known
from holdfast.errors import InputError, RefusedError
from holdfast.settings import Settings
from holdfast.versions import number

FOREIGN = (
    "registry_distribution_source: expected release or package, got {source} on {host}. Its file is"
    " for you to change: set registry_distribution_version with it, then run: holdfast deploy"
)

NEWER = "For a newer one see docs/catalogue.md"
PACKAGE = (
    "That is the platform's package: set registry_distribution_source: package, then run:"
    " holdfast deploy"
)


def chosen(hosts: Mapping[str, Settings], wanted: str | None) -> str:
    """Return the version that all hosts shall serve: the wanted one, or the newest known.

    Raises InputError if there is none of which all hosts know a checksum, RefusedError if it has
    known vulnerabilities.
    """
    for host, settings in hosts.items():
        source = settings.distribution
        if source.users_own:
            raise InputError(FOREIGN.format(source=source.source, host=host))
    versions = set.intersection(*(_possible(one) for one in hosts.values()))
    version = wanted or max(versions, key=number, default="")
    if version not in versions:
        listed = ", ".join(sorted(versions, key=number)) or "none that all hosts know"
        packaged = any(one.os.registry_version == version for one in hosts.values())
        raise InputError(
            f"--to: expected a version of which a checksum is known ({listed}), got"
            f" {version or 'nothing'}. {PACKAGE if packaged else NEWER}"
        )
    for settings in hosts.values():
        refuse_below_floor(catalogue_of(settings), version)
    return version


def catalogue_of(settings: Settings) -> Catalogue:
    """Return all that is known on behalf of a host."""
    return known(settings.distribution.catalogue)


def refuse_below_floor(found: Catalogue, version: str) -> None:
    """Raise RefusedError if a version has known vulnerabilities."""
    if floor := found.floor(version):
        raise RefusedError(
            f"--to: expected {floor} or newer, for older versions have known vulnerabilities, got"
            f" {version}. Take {floor}"
        )


def _possible(settings: Settings) -> set[str]:
    """Return the versions that a host can be given: with a checksum, or as its settings are."""
    own = settings.distribution.obtained
    return {*catalogue_of(settings).releases, *({own.version} if own else ())}
