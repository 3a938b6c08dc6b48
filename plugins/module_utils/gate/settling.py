"""Wait for requests of a killed gate that the server of a bucket may still carry out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

SECONDS = 20.0
"""Time in which a server does what it has received, or never."""


class Settling:
    """A file that exists while moves of a clean-up are on their way."""

    def __init__(self, path: str = "", now: Callable[[], float] = time.monotonic) -> None:
        """Note moves in the file at `path`; without one, nothing outlives the process."""
        self._path, self._now = path, now
        self._until = now() + SECONDS if path and os.path.exists(path) else 0.0

    @contextmanager
    def moving(self) -> Iterator[None]:
        """Keep the file while the block runs; after an error, its requests may still be done."""
        if self._path:
            with open(self._path, "wb"):
                pass
        try:
            yield
        except OSError:
            self._until = self._now() + SECONDS
            raise
        if self._path and self._now() >= self._until:
            with suppress(FileNotFoundError):
                os.unlink(self._path)

    def wait(self, sleep: Callable[[float], None] = time.sleep) -> None:
        """Wait until nothing can come any more."""
        left = self._until - self._now()
        if left > 0:
            sleep(left)
