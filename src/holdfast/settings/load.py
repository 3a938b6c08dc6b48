"""Replace file paths and URLs in settings by the content, before parsing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from holdfast.errors import Complaint, HoldfastError, InputError
from holdfast.settings.placeholder import is_placeholder

KEYS = "registry_auth_keys"
CATALOGUE = "registry_distribution_catalogue"
SIGNERS = "registry_distribution_catalogue_signers"


def load_files(flat: Mapping[str, Any], folder: Path) -> tuple[dict[str, Any], list[Complaint]]:
    """Return the variables with paths and URLs replaced by their content, and the errors.

    Relative paths start at `folder`, the inventory's. Nothing is fetched: for a URL the pinned copy
    is read. A catalogue is only read if its signature is good.
    """
    filled, unread = _keys(flat, folder)
    filled, unproven = _catalogue(filled, folder)
    return filled, [*unread, *unproven]


def _catalogue(flat: dict[str, Any], folder: Path) -> tuple[dict[str, Any], list[Complaint]]:
    """Replace the path of a catalogue by its text, if one of the trusted keys signed it."""
    path, signers = flat.get(CATALOGUE), flat.get(SIGNERS)
    if not isinstance(path, str) or is_placeholder(path) or is_placeholder(signers):
        return flat, []
    without = {name: value for name, value in flat.items() if name != CATALOGUE}
    if not isinstance(signers, str):
        text = f"expected the path of the keys that may sign {CATALOGUE}, got none. Set it"
        return without, [Complaint(SIGNERS, text)]
    from holdfast.catalogue import proven  # noqa: PLC0415 -- for few inventories

    try:
        places = [folder / Path(one).expanduser() for one in (path, signers)]
        return {**flat, CATALOGUE: proven(*places).text}, []
    except HoldfastError as error:
        return without, [Complaint(CATALOGUE, "; ".join(error.lines))]


def _keys(flat: Mapping[str, Any], folder: Path) -> tuple[dict[str, Any], list[Complaint]]:
    value = flat.get(KEYS)
    if not isinstance(value, str) or "-----BEGIN " in value or value.lstrip().startswith("{"):
        return dict(flat), []
    if is_placeholder(value):
        return dict(flat), []
    from holdfast.jwks import pins  # noqa: PLC0415 -- for few hosts

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
