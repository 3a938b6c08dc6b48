"""Pin keys that a URL returned in the inventory, so that they never change unnoticed."""

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
from holdfast.jwks.keys import Key, read
from holdfast.jwks.write import listed

DIRECTORY = "trust"
"""Default of registry_auth_keys_directory."""


@dataclass(frozen=True)
class Pin:
    """Keys of a URL at the last `holdfast issuer refresh`."""

    address: str
    fetched: str
    """Time of the fetch, as 2026-01-31T12:00:00Z."""
    keys: tuple[Key, ...]


def is_address(value: str) -> bool:
    """Tell whether a value is a URL, not a path or a text."""
    return value.startswith(("https://", "http://"))


def folder_of(directory: str, inventory_directory: Path) -> Path:
    """Return the folder of pinned keys."""
    return inventory_directory / Path(directory).expanduser()


def file_of(address: str, folder: Path) -> Path:
    """Return the file with the pinned keys of a URL."""
    digest = hashlib.sha256(address.encode()).hexdigest()[:8]
    return folder / f"{urlsplit(address).hostname or 'issuer'}-{digest}.json"


def pinned(address: str, folder: Path) -> str:
    """Return the pinned JWKS of a URL. Raises InputError if there is none or its checksum is
    wrong."""
    pin = load(address, folder)
    if pin is None:
        raise InputError(
            f"expected keys of {address} in {file_of(address, folder)}, found none."
            " Fetch them once, and look at what came: holdfast issuer refresh"
        )
    return json.dumps({"keys": listed(pin.keys)})


def load(address: str, folder: Path) -> Pin | None:
    """Return the pinned keys of a URL; None if there are none. Raises InputError for a damaged
    file."""
    path = file_of(address, folder)
    if not path.exists():
        return None
    try:
        stored: dict[str, Any] = json.loads(path.read_text())
        if stored["sha256"] != _digest(stored["keys"]) or stored["address"] != address:
            raise ValueError("its checksum is wrong")
        return Pin(address, stored["fetched"], read(json.dumps({"keys": stored["keys"]})))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: expected keys as holdfast issuer refresh writes them, but {error}."
            " Restore it, or fetch them again: holdfast issuer refresh"
        ) from error


def keep(address: str, keys: Sequence[Key], folder: Path, now: datetime) -> Path:
    """Pin keys atomically; return the file."""
    shown = listed(keys)
    stored = {
        "address": address,
        "fetched": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "sha256": _digest(shown),
        "keys": shown,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = file_of(address, folder)
    beside = path.with_name(f"{path.name}.new-{os.getpid()}")
    beside.write_text(json.dumps(stored, indent=2) + "\n")
    beside.replace(path)
    return path


def _digest(shown: Sequence[dict[str, str]]) -> str:
    text = json.dumps(shown, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
