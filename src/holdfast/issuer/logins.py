"""Check logins: query the sources, and cache correct logins."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from holdfast.issuer.errors import SourceError
from holdfast.issuer.rules import Identity
from holdfast.issuer.sources import Source


class Logins:
    """All sources in order; the first one that confirms a login decides.

    Correct logins are cached under a digest with a key of this process, so that its memory reveals
    no password. A deploy that changes a user starts another process with an empty cache.
    """

    def __init__(
        self, sources: Sequence[Source], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._sources = sources
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, tuple[Identity, float | None, Source]] = OrderedDict()

    def remembered(self, name: str, password: str) -> Identity | None:
        """Return the identity of a cached login without blocking; None if it has to be verified."""
        key = self._digest(name, password)
        known = self._right.pop(key, None)
        if known is None:
            return None
        identity, until, source = known
        if until is not None and self._clock() >= until:
            return None
        self._right[key] = known  # at the end again: the one that was not asked for longest goes
        # Asked again where that is cheap, and no other source with it: a robot's time may be over.
        return source.lookup(name) if until is None else identity

    def verify(self, name: str, password: str) -> Identity | None:
        """Return the identity of a login; None if it is wrong. Raises SourceError if that is
        unknown.

        Blocks while a hash is computed or a server answers.
        """
        unsure: SourceError | None = None
        for source in self._sources:
            try:
                identity = source.verify(name, password)
            except SourceError as error:
                unsure = error
                continue
            if identity is not None:
                self._remember(name, password, identity, source)
                return identity
        if unsure:
            raise unsure
        return None

    def lookup(self, name: str) -> Identity | None:
        """Return the current identity of a name; None if it is unknown. Raises SourceError."""
        unsure: SourceError | None = None
        for source in self._sources:
            try:
                identity = source.lookup(name)
            except SourceError as error:
                unsure = error
                continue
            if identity is not None:
                return identity
        if unsure:
            raise unsure
        return None

    def _remember(self, name: str, password: str, who: Identity, source: Source) -> None:
        seconds = source.remember_seconds
        until = None if seconds is None else self._clock() + seconds
        self._right[self._digest(name, password)] = (who, until, source)
        while len(self._right) > MOST_REMEMBERED:
            self._right.popitem(last=False)

    def _digest(self, name: str, password: str) -> bytes:
        return hmac.digest(self._key, f"{name}\0{password}".encode(), hashlib.sha256)


MOST_REMEMBERED = 20000
"""Maximum number of cached logins, about 300 bytes each."""
