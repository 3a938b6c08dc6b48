"""Encrypt the secrets of a new inventory with ansible-vault."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from holdfast.errors import InputError
from holdfast.starting.inventory import SECRET_NAME
from holdfast.starting.texts import VAULT


def password_of(path: Path, directory: Path) -> tuple[bytes, bool]:
    """Return the vault's password, and True if its file was made: it is read if it exists.

    Raises InputError for a file in the inventory, which would be committed with it, for a program,
    and for one that is empty or cannot be read.
    """
    flag = "--vault-password-file"
    if path.absolute().is_relative_to(directory.absolute()):
        raise InputError(f"{flag}: expected a place outside of {directory}, got {path}")
    try:
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(f"{secrets.token_urlsafe(32)}\n")
            return path.read_bytes().strip(), True
        if os.access(path, os.X_OK):
            raise InputError(f"{flag}: expected a file with the password, got the program {path}")
        found = path.read_bytes().strip()
    except OSError as error:
        raise InputError(f"{flag}: expected a file, got {path}: {error.strerror}") from None
    if not found:
        raise InputError(f"{flag}: expected a password in {path}, which is empty")
    return found, False


def encrypted(password: bytes) -> str:
    """Return the text of the vault, with a new secret in it."""
    from ansible.parsing.vault import VaultLib, VaultSecret  # noqa: PLC0415 -- slow to import

    secret = VaultSecret(password)
    text = f'{VAULT}{SECRET_NAME}: "{secrets.token_urlsafe(32)}"\n'
    return str(VaultLib([("default", secret)]).encrypt(text, secret).decode())
