"""Where logins are looked up: the inventory, and what else answers like it.

Another source, a directory service say, is a class with the two methods of Source, and an entry
in `KINDS` by which the configuration's `sources` names it. Both methods may block: they run in
threads of their own.
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
"""What the password of an unknown user is compared with, so that its answer is as slow."""


class SourceError(Exception):
    """A source cannot be asked now; the login is neither right nor wrong."""


class Source(Protocol):
    """One place that knows logins."""

    remember_seconds: float | None
    """How long a right password may be remembered; None: as long as the process runs."""

    def verify(self, name: str, password: str) -> Identity | None:
        """Return who logs in; None when the source does not know the two. Raises SourceError."""

    def lookup(self, name: str) -> Identity | None:
        """Return who a name is now, without a password: a login goes on. Raises SourceError."""


class Inventory:
    """Users with bcrypt hashes and robots with SHA-256 sums of long secrets, in memory."""

    remember_seconds: float | None = None

    def __init__(self, told: Mapping[str, Any], clock: Callable[[], float] = time.time) -> None:
        """`told` has users and robots by name, see holdfast.rendering.issuer."""
        self._users: Mapping[str, Mapping[str, Any]] = told["users"]
        self._robots: Mapping[str, Mapping[str, Any]] = told["robots"]
        self._clock = clock

    def verify(self, name: str, password: str) -> Identity | None:
        """Return who logs in, see Source."""
        secret = password.encode()
        if name in self._robots:
            sum_ = hashlib.sha256(secret).hexdigest()
            right = hmac.compare_digest(sum_, str(self._robots[name]["sha256"]))
        else:
            known = self._users.get(name, {}).get("hash", "")
            right = _fits(secret, known.encode() or _NOBODY) and bool(known)
        return self.lookup(name) if right else None

    def lookup(self, name: str) -> Identity | None:
        """Return who a name is now, see Source."""
        if name in self._robots:
            robot = self._robots[name]
            ended = robot["until"] is not None and self._clock() >= robot["until"]
            return None if ended else Identity(name, "robot", (), _mark(robot["sha256"]))
        if name in self._users:
            user = self._users[name]
            return Identity(name, "user", tuple(user["groups"]), _mark(user["hash"]))
        return None


def _directory(told: Mapping[str, Any]) -> Source:
    from holdfast.issuer.directory import Directory  # noqa: PLC0415 -- its library is for it alone

    return Directory(told)


KINDS: dict[str, Callable[[Mapping[str, Any]], Source]] = {
    "inventory": Inventory,
    "directory": _directory,
}
"""Sources by the name that the configuration has for them."""


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
