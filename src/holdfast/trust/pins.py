"""Keys that an address gave: pinned in the inventory, so that they never just change."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from holdfast.errors import InputError
from holdfast.trust.keys import Key, read
from holdfast.trust.put import listed

DIRECTORY = "trust"
"""Default of registry_auth_keys_directory."""


@dataclass(frozen=True)
class Pin:
    """What an address gave when it was last asked on purpose."""

    address: str
    fetched: str
    """When, as 2026-01-31T12:00:00Z."""
    keys: tuple[Key, ...]


def is_address(value: str) -> bool:
    """Tell whether a value is an address, not a path and not a text."""
    return value.startswith(("https://", "http://"))


def folder_of(directory: str, inventory_directory: Path) -> Path:
    """Return the folder of pinned keys that settings name."""
    return inventory_directory / Path(directory).expanduser()


def file_of(address: str, folder: Path) -> Path:
    """Return the file in which the keys of an address are pinned."""
    digest = hashlib.sha256(address.encode()).hexdigest()[:8]
    return folder / f"{urlsplit(address).hostname or 'issuer'}-{digest}.json"


def pinned(address: str, folder: Path) -> str:
    """Return the pinned JWKS of an address. Raises InputError when there is none, or it changed."""
    pin = load(address, folder)
    if pin is None:
        raise InputError(
            f"expected keys of {address} in {file_of(address, folder)}, found none."
            " Fetch them once, and look at what came: holdfast issuer refresh"
        )
    return json.dumps({"keys": listed(pin.keys)})


def load(address: str, folder: Path) -> Pin | None:
    """Return what is pinned of an address, None when nothing is; InputError for a damaged file."""
    path = file_of(address, folder)
    if not path.exists():
        return None
    try:
        told: dict[str, Any] = json.loads(path.read_text())
        if told["sha256"] != _digest(told["keys"]) or told["address"] != address:
            raise ValueError("it is not as it was written")
        return Pin(address, told["fetched"], read(json.dumps({"keys": told["keys"]})))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: expected keys as holdfast issuer refresh writes them, but {error}."
            " Restore it, or fetch them anew: holdfast issuer refresh"
        ) from error


def keep(address: str, keys: Sequence[Key], folder: Path, now: datetime) -> Path:
    """Pin keys, whole or not at all; return the file."""
    shown = listed(keys)
    told = {
        "address": address,
        "fetched": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "sha256": _digest(shown),
        "keys": shown,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = file_of(address, folder)
    beside = path.with_name(f"{path.name}.new-{os.getpid()}")
    beside.write_text(json.dumps(told, indent=2) + "\n")
    beside.replace(path)
    return path


def _digest(shown: Sequence[dict[str, str]]) -> str:
    text = json.dumps(shown, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
