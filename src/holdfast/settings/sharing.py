"""Hosts that keep their images in one place: what has to be equal among them, and what not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from holdfast.errors import Complaint
from holdfast.settings.flat import by_name, nest
from holdfast.settings.sections import Http
from holdfast.settings.storage import Remote, Storage

Told = tuple[str, Complaint]
"""A host, and what is wrong with it."""


class Sharing(Protocol):
    """What of a host's settings bears on the others."""

    @property
    def storage(self) -> Storage:
        """Where images are kept."""

    @property
    def http(self) -> Http:
        """The registry process's own HTTP server."""


class Share(BaseModel):
    """That alone: a host has to know it of all the others, and parses nothing else of them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    storage: Storage
    http: Http = Http()


def bears(name: str) -> bool:
    """Tell whether a variable is needed for a Share."""
    return any(one.section in Share.model_fields for one in by_name().get(name, ()))


def share(flat: Mapping[str, Any]) -> Share | None:
    """Return it from a host's variables; None when they are wrong, which its own parse tells."""
    try:
        return Share.model_validate(nest({name: flat[name] for name in flat if bears(name)}))
    except ValidationError:
        return None


def complaints(hosts: Mapping[str, Sharing]) -> list[Told]:
    """Return what keeps hosts that share storage from working together.

    An upload that begins on one of them can end on another only when both sign with one secret.
    """
    remote = [(name, one) for name, one in hosts.items() if isinstance(one.storage, Remote)]
    by_place = sorted(remote, key=lambda pair: pair[1].storage.place)
    found: list[Told] = []
    for place, group in groupby(by_place, key=lambda pair: pair[1].storage.place):
        sharing = dict(group)
        if len(sharing) > 1:
            found += [*_secrets(place, sharing), *_purging(place, sharing)]
    return found


def _secrets(place: str, hosts: Mapping[str, Sharing]) -> Iterator[Told]:
    given = {name: one.http.secret for name, one in hosts.items()}
    values = {secret.get_secret_value() if secret else None for secret in given.values()}
    if len(values) == 1 and None not in values:
        return
    others = ", ".join(hosts)
    for name, secret in given.items():
        found = "a secret of its own" if secret else "nothing"
        text = f"expected one secret for {others}, which share {place}, got {found}"
        yield name, Complaint("registry_http_secret", f"{text}. Give all the same, in a vault")


def _purging(place: str, hosts: Mapping[str, Sharing]) -> Iterator[Told]:
    purging = [name for name, one in hosts.items() if one.storage.purge_uploads]
    if len(purging) == 1:
        return
    wanted = "true on one of" if not purging else "false on all but one of"
    given = "true" if purging else "false"
    for name in purging or hosts:
        text = f"expected {wanted} {', '.join(hosts)}, which share {place}, got {given}"
        yield name, Complaint("registry_storage_purge_uploads", f"{text}. One is enough")
