"""Whether an issuer still shows the keys that are pinned, and pinning what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from holdfast.certificates import places
from holdfast.errors import InputError
from holdfast.trust import pins
from holdfast.trust.fetch import fetch
from holdfast.trust.keys import Key

State = Literal["ok", "warning", "failed"]
SECONDS = 4
"""How long a look at an issuer may take where it is not what was asked for."""


@dataclass(frozen=True)
class Watched:
    """An address that gives keys, and where they are pinned."""

    address: str
    ca: str | None
    folder: Path

    @classmethod
    def of(cls, flat: Mapping[str, Any], inventory_directory: Path) -> Watched | None:
        """Return the address that a host's variables name, if they do."""
        address = flat.get("registry_auth_keys")
        if not isinstance(address, str) or not pins.is_address(address):
            return None
        given = flat.get("registry_auth_keys_ca")
        ca = places.read(given, inventory_directory, "registry_auth_keys_ca") if given else None
        directory = str(flat.get("registry_auth_keys_directory") or pins.DIRECTORY)
        return cls(address, ca, pins.folder_of(directory, inventory_directory))


@dataclass(frozen=True)
class Change:
    """How what an issuer shows differs from what is pinned."""

    new: tuple[Key, ...]
    gone: tuple[Key, ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.gone)

    @property
    def text(self) -> str:
        """The change, for a person: keys by their fingerprints."""
        told = [("new", self.new), ("gone", self.gone)]
        return "; ".join(f"{what} {', '.join(k.libtrust for k in ks)}" for what, ks in told if ks)


def refresh(one: Watched, now: datetime, *, keep: bool = True) -> tuple[Change, Path]:
    """Fetch the keys of an issuer and pin them, unless not to `keep` them.

    Returns what changed, and the file. Raises InputError.
    """
    shown = fetch(one.address, one.ca)
    change = _change(_pinned(one), shown)
    if change and keep:
        pins.keep(one.address, shown, one.folder, now)
    return change, pins.file_of(one.address, one.folder)


def look(one: Watched) -> tuple[State, str]:
    """Return state (ok, warning, failed) and text on an issuer; nothing is changed."""
    pin = pins.load(one.address, one.folder)
    if pin is None:
        return "failed", f"no key of {one.address} is pinned. Run: holdfast issuer refresh"
    try:
        change = _change(pin.keys, fetch(one.address, one.ca, SECONDS))
    except InputError as error:
        text = f"{error}. Tokens that clients have go on to work; new ones may not be had"
        return "warning", text
    if not change:
        since = f"as on {pin.fetched[:10]}"
        return "ok", f"{one.address} shows the keys that are pinned, {since}"
    todo = "Look at it with who runs the issuer, then: holdfast issuer refresh && holdfast deploy"
    return "warning", f"{one.address} shows other keys than are trusted: {change.text}. {todo}"


def _pinned(one: Watched) -> tuple[Key, ...]:
    pin = pins.load(one.address, one.folder)
    return pin.keys if pin else ()


def _change(before: tuple[Key, ...], after: tuple[Key, ...]) -> Change:
    def known(key: Key, keys: tuple[Key, ...]) -> bool:
        # Another kid for the same key counts: tokens may name it so.
        return any((key.spki, key.given) == (other.spki, other.given) for other in keys)

    new = tuple(key for key in after if not known(key, before))
    return Change(new, tuple(key for key in before if not known(key, after)))
