"""Slow down: a bound for bytes in a second, and pauses that a registry requires.

Sources: RFC 9110 (Retry-After), draft-ietf-httpapi-ratelimit-headers (RateLimit-*).
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime

Headers = Mapping[str, str] | Message
LONGEST_SECONDS = 3600.0
"""Maximum pause that is waited for; a longer one ends the run, and a second one continues."""
_NUMBER = re.compile(r"\s*([0-9]{1,9})")
_RESET = re.compile(r"\b(?:reset|t)=([0-9]{1,9})")
_REMAINING = re.compile(r"\b(?:remaining|r)=([0-9]{1,9})")


def pause(status: int, headers: Headers, now: datetime | None = None) -> float:
    """Return the seconds that a server requires before the next request; 0 for none."""
    after = headers.get("Retry-After") or ""
    if status in (429, 503) and after:
        if found := _NUMBER.fullmatch(after):
            return float(found[1])
        try:
            until = parsedate_to_datetime(after)
        except ValueError:
            return 0.0
        return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())
    limits = headers.get("RateLimit") or ""
    left = _REMAINING.search(limits) or _NUMBER.match(headers.get("RateLimit-Remaining") or "")
    again = _RESET.search(limits) or _NUMBER.match(headers.get("RateLimit-Reset") or "")
    return float(again[1]) if left and again and int(left[1]) == 0 else 0.0


class Bandwidth:
    """Bound for the bytes of all threads in a second; 0: none."""

    def __init__(self, rate: int, sleep: Callable[[float], None] = time.sleep) -> None:
        self._rate, self._sleep = rate, sleep
        self._lock = threading.Lock()
        self._free_at = 0.0

    def take(self, count: int) -> None:
        """Wait until so many bytes may pass."""
        if not self._rate:
            return
        with self._lock:
            now = time.monotonic()
            begin = max(now, self._free_at)
            self._free_at = begin + count / self._rate
        if begin > now:
            self._sleep(begin - now)


class Pace:
    """The time before which a server wants no request, for all threads."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._until = 0.0
        self.ended: Callable[[], bool] = lambda: False
        """Function that tells if the run ends, and nobody waits any more."""

    @property
    def left(self) -> float:
        """Seconds that are still to wait."""
        return max(0.0, self._until - time.monotonic())

    def hold(self, seconds: float) -> None:
        """Note a pause from now on."""
        self._until = max(self._until, time.monotonic() + seconds)

    def wait(self) -> None:
        """Wait for the end of the pause."""
        while (left := self.left) > 0 and not self.ended():
            self._sleep(min(left, 1.0))
