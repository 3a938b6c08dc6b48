"""Sources of logins: the inventory and others with the same interface.

Another source, such as a directory service, is a class with the methods of Source and an entry in
`KINDS`, by which the configuration's `sources` names it. The methods may block: they run in
threads.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import bcrypt

from holdfast.issuer.rules import Identity

_NOBODY = b"$2b$10$LQq6uRMP7wRhrgHHl3BPBe9gTfb3YcEGpcJ3a6GSTLAHbZXBIsHqy"
"""Hash with which the password of an unknown user is compared, so that the answer takes as long."""


class Source(Protocol):
    """Interface of a source of logins."""

    remember_seconds: float | None
    """Seconds for which a correct password may be cached; None: as long as the process runs."""

    def verify(self, name: str, password: str) -> Identity | None:
        """Return the identity of a login; None if the source does not confirm it. Raises
        SourceError."""

    def lookup(self, name: str) -> Identity | None:
        """Return the current identity of a name, without a password, to continue a login. Raises
        SourceError."""


class Inventory:
    """Users with bcrypt hashes and robots with SHA-256 hashes of long secrets, in memory."""

    remember_seconds: float | None = None

    def __init__(self, config: Mapping[str, Any], clock: Callable[[], float] = time.time) -> None:
        """`config` has users and robots by name, see holdfast.rendering.issuer_config."""
        self._users: Mapping[str, Mapping[str, Any]] = config["users"]
        self._robots: Mapping[str, Mapping[str, Any]] = config["robots"]
        self._clock = clock

    def verify(self, name: str, password: str) -> Identity | None:
        """Return the identity of a login, see Source."""
        secret = password.encode()
        if name in self._robots:
            sum_ = hashlib.sha256(secret).hexdigest()
            right = hmac.compare_digest(sum_, str(self._robots[name]["sha256"]))
        else:
            known = self._users.get(name, {}).get("hash", "")
            right = _fits(secret, known.encode() or _NOBODY) and bool(known)
        return self.lookup(name) if right else None

    def lookup(self, name: str) -> Identity | None:
        """Return the current identity of a name, see Source."""
        if name in self._robots:
            robot = self._robots[name]
            ended = robot["until"] is not None and self._clock() >= robot["until"]
            return None if ended else Identity(name, "robot", (), _mark(robot["sha256"]))
        if name in self._users:
            user = self._users[name]
            return Identity(name, "user", tuple(user["groups"]), _mark(user["hash"]))
        return None


def _directory(config: Mapping[str, Any]) -> Source:
    from holdfast.issuer.ldap import LdapSource  # noqa: PLC0415 -- its library is for it alone

    return LdapSource(config)


def _verifiers(config: Mapping[str, Any]) -> Source:
    from holdfast.issuer.verifiers import Verifiers  # noqa: PLC0415 -- as the directory's

    return Verifiers(config)


KINDS: dict[str, Callable[[Mapping[str, Any]], Source]] = {
    "inventory": Inventory,
    "directory": _directory,
    "verifiers": _verifiers,
}
"""Functions that create a source, by its kind in the configuration."""


def _fits(secret: bytes, known: bytes) -> bool:
    # bcrypt reads 72 bytes, and up to the first NUL: the settings refuse such passwords, too.
    if not 0 < len(secret) <= 72 or b"\0" in secret:
        return False
    try:
        return bcrypt.checkpw(secret, known)
    except ValueError:
        return False


def _mark(secret: str) -> str:
    return hashlib.sha256(b"holdfast mark\n" + secret.encode()).hexdigest()[:16]
