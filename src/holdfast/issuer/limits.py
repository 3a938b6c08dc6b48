"""Limit wrong logins by network and by name; right ones elsewhere are not slowed down."""

from __future__ import annotations

import hashlib
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

MOST_KEYS = 100000
"""Maximum number of networks, names or pairs of both that are remembered."""
QUIET_SECONDS = 600.0
"""Seconds after a wrong login in which a network cannot try a name that many others guess."""


def network_of(address: str) -> str:
    """Return the network that counts as one client: of IPv6 a /64, which is one machine's."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((found, 64), strict=False))


class Throttle:
    """Limit of wrong logins by a key: a burst, then one at a time at a fixed rate."""

    def __init__(self, burst: int, per_second: float, clock: Callable[[], float]) -> None:
        self._burst, self._rate, self._clock = float(burst), per_second, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str) -> float:
        """Return the seconds for which a key has to wait; 0 if it may try."""
        left = self._now(key)
        return 0.0 if left >= 1 else (1 - left) / self._rate

    def failed(self, key: str) -> None:
        """Record a wrong login."""
        self._left[key] = (max(0.0, self._now(key) - 1), self._clock())
        _trim(self._left, key)

    def _now(self, key: str) -> float:
        left, since = self._left.get(key, (self._burst, 0.0))
        return min(self._burst, left + (self._clock() - since) * self._rate)


class Limits:
    """Limits of wrong logins. Only failures count, so a correct client is never slowed down.

    A network has ten tries, then one in two seconds. A name has twenty, then one in two seconds:
    then each network has one try in ten minutes, so that guesses from many networks lock nobody
    out who logs in from elsewhere.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._networks, self._names = Throttle(10, 0.5, clock), Throttle(20, 0.5, clock)
        self._tried: OrderedDict[str, float] = OrderedDict()

    def wait(self, network: str, name: str) -> float:
        """Return the seconds until this network may try this name; 0 if it may now."""
        key = _key(name)
        alone, crowded = self._networks.wait(network), self._names.wait(key)
        since = self._clock() - self._tried.get(f"{network} {key}", -QUIET_SECONDS)
        return max(alone, min(crowded, QUIET_SECONDS - since))

    def failed(self, network: str, name: str) -> None:
        """Record a wrong login."""
        key = _key(name)
        self._networks.failed(network)
        self._names.failed(key)
        self._tried[f"{network} {key}"] = self._clock()
        _trim(self._tried, f"{network} {key}")


def _key(name: str) -> str:
    """Return a text of fixed length for a name, which can be as long as a form."""
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


def _trim(kept: OrderedDict[str, Any], last: str) -> None:
    kept.move_to_end(last)
    while len(kept) > MOST_KEYS:
        kept.popitem(last=False)
