"""Lock of readers and writers: manifests are pushed beside each other, a clean-up works alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class SharedLock:
    """Many hold it shared, or one alone; one who waits to be alone goes first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._shared = 0
        self._alone = False
        self._waiting = 0

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Hold it beside others while the block runs."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone and not self._waiting)
            self._shared += 1
        try:
            yield
        finally:
            with self._changed:
                self._shared -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold it without others while the block runs."""
        with self._changed:
            self._waiting += 1
            self._changed.wait_for(lambda: not self._alone and not self._shared)
            self._waiting -= 1
            self._alone = True
        try:
            yield
        finally:
            with self._changed:
                self._alone = False
                self._changed.notify_all()


class NamedLocks:
    """A lock for each name, which exists as long as somebody uses it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._known: dict[str, tuple[SharedLock, int]] = {}

    @contextmanager
    def of(self, name: str) -> Iterator[SharedLock]:
        """Give the lock of a name to a block."""
        with self._guard:
            lock, users = self._known.get(name, (SharedLock(), 0))
            self._known[name] = lock, users + 1
        try:
            yield lock
        finally:
            with self._guard:
                lock, users = self._known[name]
                if users == 1:
                    del self._known[name]
                else:
                    self._known[name] = lock, users - 1
