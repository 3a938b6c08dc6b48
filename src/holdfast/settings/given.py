"""Values that are given by the place of a file: read in before the settings are parsed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from holdfast.errors import Complaint, InputError

KEYS = "registry_auth_keys"


def read_in(flat: Mapping[str, Any], folder: Path) -> tuple[dict[str, Any], list[Complaint]]:
    """Return flat variables with texts in place of paths and addresses, and what cannot be read.

    `folder` is the inventory's. Nothing is fetched: of an address, what was pinned is taken.
    """
    value = flat.get(KEYS)
    if not isinstance(value, str) or "-----BEGIN " in value or value.lstrip().startswith("{"):
        return dict(flat), []
    from holdfast.trust import pins  # noqa: PLC0415 -- for few hosts

    try:
        if pins.is_address(value):
            directory = str(flat.get("registry_auth_keys_directory") or pins.DIRECTORY)
            return {**flat, KEYS: pins.pinned(value, pins.folder_of(directory, folder))}, []
        return {**flat, KEYS: (folder / Path(value).expanduser()).read_text()}, []
    except InputError as error:
        complaint = Complaint(KEYS, str(error))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text"
        complaint = Complaint(
            KEYS,
            f"expected a JWKS, PEM, a path or an https address, got a path that cannot be read"
            f" ({reason}). A relative path counts from the inventory's folder",
        )
    return {name: value for name, value in flat.items() if name != KEYS}, [complaint]
