"""Compare an issuer's current keys with the pinned ones, and pin new ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from holdfast.certificates import pem_source
from holdfast.errors import InputError
from holdfast.jwks import pins
from holdfast.jwks.fetch import SECONDS as FETCH_SECONDS
from holdfast.jwks.fetch import fetch
from holdfast.jwks.keys import Key
from holdfast.rendering.outbound import of_controller
from holdfast.settings.sections.outbound import Outbound

State = Literal["ok", "warning", "failed"]
SECONDS = 4
"""Timeout of the comparison in other verbs than `holdfast issuer`, in seconds."""


@dataclass(frozen=True)
class Watched:
    """A URL that returns keys, and the folder in which they are pinned."""

    address: str
    ca: str | None
    folder: Path
    outbound: Outbound = field(default_factory=Outbound)

    @classmethod
    def of(cls, flat: Mapping[str, Any], inventory_directory: Path) -> Watched | None:
        """Return the URL in a host's variables; None if they have none."""
        address = flat.get("registry_auth_keys")
        if not isinstance(address, str) or not pins.is_address(address):
            return None
        given = flat.get("registry_auth_keys_ca")
        ca = pem_source.read(given, inventory_directory, "registry_auth_keys_ca") if given else None
        directory = str(flat.get("registry_auth_keys_directory") or pins.DIRECTORY)
        folder = pins.folder_of(directory, inventory_directory)
        return cls(address, ca, folder, _outbound(flat))

    def fetch(self, seconds: float) -> tuple[Key, ...]:
        """Return the current keys, fetched through the controller's proxy if there is one."""
        return fetch(self.address, self.ca, seconds, of_controller(self.outbound))


def _outbound(flat: Mapping[str, Any]) -> Outbound:
    """Return the proxy in a host's variables."""
    names = ("controller_proxy", "no_proxy")
    known = {name: flat.get(f"registry_outbound_{name}") for name in names}
    try:
        return Outbound(**{name: value for name, value in known.items() if value})
    except ValidationError as error:
        name = f"registry_outbound_{error.errors()[0]['loc'][0]}"
        raise InputError(f"{name}: cannot be used. See why. Run: holdfast check") from None


@dataclass(frozen=True)
class Change:
    """Difference between the issuer's current keys and the pinned ones."""

    new: tuple[Key, ...]
    gone: tuple[Key, ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.gone)

    @property
    def text(self) -> str:
        """The difference as text, with keys as fingerprints."""
        parts = [("new", self.new), ("gone", self.gone)]
        return "; ".join(f"{what} {', '.join(k.libtrust for k in ks)}" for what, ks in parts if ks)


def refresh(one: Watched, now: datetime, *, keep: bool = True) -> tuple[Change, Path]:
    """Fetch an issuer's keys and pin them if `keep` is true.

    Returns the difference and the file. Raises InputError.
    """
    shown = one.fetch(FETCH_SECONDS)
    change = _change(_pinned(one), shown)
    if change and keep:
        pins.keep(one.address, shown, one.folder, now)
    return change, pins.file_of(one.address, one.folder)


def look(one: Watched) -> tuple[State, str]:
    """Return state (ok, warning, failed) and text about an issuer's keys. Changes nothing."""
    pin = pins.load(one.address, one.folder)
    if pin is None:
        return "failed", f"no key of {one.address} is pinned. Run: holdfast issuer refresh"
    try:
        change = _change(pin.keys, one.fetch(SECONDS))
    except InputError as error:
        text = f"{error}. Existing tokens stay valid; new ones may be unavailable"
        return "warning", text
    if not change:
        since = f"as on {pin.fetched[:10]}"
        return "ok", f"{one.address} has the pinned keys, {since}"
    todo = "Check it with the issuer's operators, then: holdfast issuer refresh && holdfast deploy"
    return "warning", f"{one.address} has other keys than the pinned ones: {change.text}. {todo}"


def _pinned(one: Watched) -> tuple[Key, ...]:
    pin = pins.load(one.address, one.folder)
    return pin.keys if pin else ()


def _change(before: tuple[Key, ...], after: tuple[Key, ...]) -> Change:
    def known(key: Key, keys: tuple[Key, ...]) -> bool:
        # Another kid for the same key counts: tokens may name it so.
        return any((key.spki, key.given) == (other.spki, other.given) for other in keys)

    new = tuple(key for key in after if not known(key, before))
    return Change(new, tuple(key for key in before if not known(key, after)))
