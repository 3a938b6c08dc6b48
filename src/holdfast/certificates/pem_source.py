"""Read PEM texts that settings give as text or as a path on the controller."""

from __future__ import annotations

from pathlib import Path

from holdfast.errors import InputError


def resolve(value: str, inventory_directory: Path) -> Path:
    """Resolve a path in the settings; a relative one starts at the inventory's folder."""
    return inventory_directory / Path(value).expanduser()


def is_text(value: str) -> bool:
    """Tell whether a value is PEM text, not a path."""
    return "-----BEGIN" in value


def read(value: str, inventory_directory: Path, variable: str) -> str:
    """Return PEM text that is given directly or as the path of its file.

    Raises InputError that names the variable if the file cannot be read.
    """
    if is_text(value):
        return value
    try:
        return resolve(value, inventory_directory).read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not PEM"
        raise InputError(
            f"{variable}: expected PEM text or the path of a file with it, got a path that"
            f" cannot be read ({reason}). A relative path counts from the inventory's folder"
        ) from error
