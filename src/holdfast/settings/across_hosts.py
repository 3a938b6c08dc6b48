"""Checks of settings that have to agree among hosts which share one storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from holdfast.errors import Complaint
from holdfast.settings.sections.http import Http
from holdfast.settings.sections.storage import Remote, Storage
from holdfast.settings.variables import by_name, nest

HostError = tuple[str, Complaint]
"""Name of a host, and an error in its settings."""


class Sharing(Protocol):
    """The sections of a host's settings that the other hosts depend on."""

    @property
    def storage(self) -> Storage:
        """The host's storage."""

    @property
    def http(self) -> Http:
        """Settings of the registry process's own HTTP server."""


class Share(BaseModel):
    """The sections that are compared across hosts, parsed without the rest of a host's settings."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    storage: Storage
    http: Http = Http()


def bears(name: str) -> bool:
    """Tell whether a variable belongs to a section of Share."""
    return any(one.section in Share.model_fields for one in by_name().get(name, ()))


def share(flat: Mapping[str, Any]) -> Share | None:
    """Parse the shared sections. None if they are invalid; the host's own parse reports that."""
    try:
        return Share.model_validate(nest({name: flat[name] for name in flat if bears(name)}))
    except ValidationError:
        return None


def complaints(hosts: Mapping[str, Sharing]) -> list[HostError]:
    """Return the errors of hosts that share storage but cannot work together.

    An upload that begins on one of them can end on another only when both sign with one secret.
    """
    remote = [(name, one) for name, one in hosts.items() if isinstance(one.storage, Remote)]
    by_place = sorted(remote, key=lambda pair: pair[1].storage.place)
    found: list[HostError] = []
    for place, group in groupby(by_place, key=lambda pair: pair[1].storage.place):
        sharing = dict(group)
        if len(sharing) > 1:
            found += [*_secrets(place, sharing), *_purging(place, sharing)]
    return found


def _secrets(place: str, hosts: Mapping[str, Sharing]) -> Iterator[HostError]:
    given = {name: one.http.secret for name, one in hosts.items()}
    values = {secret.get_secret_value() if secret else None for secret in given.values()}
    if len(values) == 1 and None not in values:
        return
    others = ", ".join(hosts)
    for name, secret in given.items():
        found = "a secret of its own" if secret else "nothing"
        text = f"expected one secret for {others}, which share {place}, got {found}"
        yield name, Complaint("registry_http_secret", f"{text}. Give all the same, in a vault")


def _purging(place: str, hosts: Mapping[str, Sharing]) -> Iterator[HostError]:
    purging = [name for name, one in hosts.items() if one.storage.purge_uploads]
    if len(purging) == 1:
        return
    wanted = "true on one of" if not purging else "false on all but one of"
    given = "true" if purging else "false"
    for name in purging or hosts:
        text = f"expected {wanted} {', '.join(hosts)}, which share {place}, got {given}"
        yield name, Complaint("registry_storage_purge_uploads", f"{text}. One is enough")
