"""The users of an htpasswd file: with their hashes, never with a word on them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from holdfast.errors import InputError
from holdfast.settings import SettingsError, parse

_HASH = re.compile(r"\$2[aby]\$(\d\d)\$.{53}")


@dataclass(frozen=True)
class User:
    """One line of the file; without a hash when it cannot be used, and then with the reason."""

    name: str
    line: int
    password_hash: str
    reason: str


def read(path: Path) -> list[User]:
    """Return the users of a file. Raises InputError when it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected a readable htpasswd file: {error}") from None
    named: dict[str, User] = {}
    for number, text in enumerate(lines, 1):
        name, colon, digest = text.strip().partition(":")
        if colon and not name.startswith("#"):
            named[name] = User(name, number, digest, _reason(name, digest))
    return list(named.values())


def _reason(name: str, digest: str) -> str:
    """Return why a user cannot be taken over; empty: there is no reason."""
    found = _HASH.fullmatch(digest)
    if not found:
        return "no bcrypt hash, which the registry does not take either"
    if int(found[1]) < 10:
        return f"a bcrypt hash of cost {int(found[1])}, and 10 is the least. Set a new password"
    one = {"name": name, "password_hash": digest}
    try:
        parse({"registry_auth_users": [one]})
    except SettingsError as error:
        wrong = [c.text for c in error.complaints if c.variable.startswith("registry_auth_users[")]
        return wrong[0] if wrong else ""
    return ""
