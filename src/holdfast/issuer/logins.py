"""Names and passwords: asked of the sources, remembered for a while, and slowed when wrong."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from holdfast.issuer.rules import Identity
from holdfast.issuer.sources import Source, SourceError


class Logins:
    """All sources, one after the other; the first that knows a login has the word.

    What was right is remembered under a key of this process alone, so that its memory tells no
    password; a deploy that changes a user starts another process, which remembers nothing.
    """

    def __init__(
        self, sources: Sequence[Source], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._sources = sources
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, tuple[Identity, float | None, Source]] = OrderedDict()

    def remembered(self, name: str, password: str) -> Identity | None:
        """Return who a login was found to be a while ago, at once; None: it has to be looked at."""
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
        """Return who logs in, None when nobody does. Raises SourceError when that cannot be told.

        Blocks for as long as a hash or another server takes.
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
        """Return who a name is now; None when nobody. Raises SourceError."""
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
"""Logins that are remembered at once, at about 300 bytes each."""


class Throttle:
    """Bounds wrong logins by address: a few at once, then one every so often.

    Only failures count, so a good client is never slowed, however many layers it pulls at once.
    """

    def __init__(
        self,
        burst: int = 10,
        per_second: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst, self._rate, self._clock = float(burst), per_second, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Return the seconds for which an address may not try; 0 when it may."""
        left = self._now(address)
        return 0.0 if left >= 1 else (1 - left) / self._rate

    def failed(self, address: str) -> None:
        """Note a wrong login."""
        self._left[address] = (max(0.0, self._now(address) - 1), self._clock())
        self._left.move_to_end(address)
        while len(self._left) > MOST_ADDRESSES:
            self._left.popitem(last=False)

    def _now(self, address: str) -> float:
        left, since = self._left.get(address, (self._burst, 0.0))
        return min(self._burst, left + (self._clock() - since) * self._rate)


MOST_ADDRESSES = 100000
