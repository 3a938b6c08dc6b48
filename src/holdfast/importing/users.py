"""Read the users of an htpasswd file; hashes are never printed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from holdfast.settings import SettingsError, parse

LOWEST = "registry_auth_minimum_bcrypt_cost"
SAFE_COST = 10
"""bcrypt cost below which a password should be changed: the settings' default."""
CHEAP = (
    "registry_auth_users, with a hash of cost {}: the password must change."
    " Run: holdfast user password {}"
)
_HASH = re.compile(r"\$2[aby]\$(\d\d)\$.{53}")


@dataclass(frozen=True)
class User:
    """One line of the file, with the reason if it cannot be used."""

    name: str
    line: int
    password_hash: str
    cost: int
    reason: str


def read(text: str) -> list[User]:
    """Return the users in a file's text; the last line of a name counts, as in the registry."""
    named: dict[str, User] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, colon, digest = line.strip().partition(":")
        if colon and not name.startswith("#"):
            found = _HASH.fullmatch(digest)
            cost = int(found[1]) if found else 0
            named[name] = User(name, number, digest, cost, _reason(name, digest, cost))
    return list(named.values())


def _reason(name: str, digest: str, cost: int) -> str:
    """Return the reason why a user cannot be imported; "" if there is none."""
    if not cost:
        return "no bcrypt hash, which the registry does not take either"
    one = {"name": name, "password_hash": digest}
    try:
        parse({"registry_auth_users": [one], LOWEST: min(cost, SAFE_COST)})
    except SettingsError as error:
        wrong = [c.text for c in error.complaints if c.variable.startswith("registry_auth_users[")]
        return wrong[0] if wrong else ""
    return ""
