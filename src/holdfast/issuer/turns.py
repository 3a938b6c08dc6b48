"""Let requests wait for their turn: few at once, fairly between networks, and not without end."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

EACH, MOST = 64, 1024
"""Maximum number of requests that wait: of one network, and of all."""


class FullError(Exception):
    """Too many requests wait already; `seconds` is when to try again."""

    def __init__(self, seconds: float, *, own: bool) -> None:
        super().__init__("too many logins at once")
        self.seconds, self.own = seconds, own
        """`own` is True if all of them are of the same network."""


class Turns:
    """Turns for a few requests at once; networks take turns, whatever the number of requests."""

    def __init__(self, at_once: int = 2) -> None:
        self._at_once = self._free = at_once
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._count, self._mean = 0, 0.1

    @asynccontextmanager
    async def turn(self, network: str) -> AsyncIterator[None]:
        """Wait for a turn, and hold it while the block runs. Raises FullError."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(network)
        begun = time.monotonic()
        try:
            yield
        finally:
            self._mean += (time.monotonic() - begun - self._mean) / 16
            self._next()

    async def _wait(self, network: str) -> None:
        own = len(self._waiting.get(network, ()))
        if own >= EACH or self._count >= MOST:
            raise FullError(self._count * self._mean / self._at_once, own=own >= EACH)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(network, deque()).append(turn)
        self._count += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._next()  # it was given already
            raise

    def _next(self) -> None:
        """Give the turn to the next network's first request that still waits."""
        while self._waiting:
            network, queue = next(iter(self._waiting.items()))
            turn = queue.popleft()
            self._count -= 1
            if queue:
                self._waiting.move_to_end(network)
            else:
                del self._waiting[network]
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
