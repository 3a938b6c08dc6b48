"""Send requests to a bucket from several threads, and again when the server is busy."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_client import (
    Answer,
    Bucket,
    RefusedError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_errors import words

CLIENTS = 16
"""Requests at once of one map()."""
TRIES = 4
PAUSE_SECONDS = 0.2
KEYS_SECONDS = 600.0
"""Age at which a client is replaced: the keys of a host's role are good for longer."""
Each = TypeVar("Each")
Made = TypeVar("Made")


class Version(NamedTuple):
    """A version of an object, or a marker that it was deleted."""

    key: str
    number: str
    marker: bool
    latest: bool
    size: int
    time: float
    """Seconds since 1970, by the server's clock."""


class NotAllowedError(OSError):
    """The login may not do this, or the server cannot."""


class Pool:
    """Clients of one bucket. Methods raise OSError, with a sentence of what to do."""

    def __init__(self, opened: Callable[[], Bucket]) -> None:
        self._opened = opened
        self._idle: queue.LifoQueue[tuple[Bucket, float]] = queue.LifoQueue()
        self._threads = ThreadPoolExecutor(CLIENTS)

    def map(self, call: Callable[[Each], Made], items: Iterable[Each]) -> list[Made]:
        """Return the results of a call for each item, in their order."""
        return list(self._threads.map(call, items))

    def ask(  # noqa: PLR0913, PLR0917 -- what a request is made of
        self,
        action: str,
        method: str,
        key: str = "",
        query: Mapping[str, str] | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer | None:
        """Return a successful answer; None if there is no such object."""
        for left in reversed(range(TRIES)):
            with self._client() as one:
                try:
                    return one.ask(action, method, key, query, body, headers)
                except RefusedError as error:
                    if error.answer.status == 404 and error.answer.code != "NoSuchBucket":
                        return None
                    if error.answer.status in {403, 405, 501}:
                        raise NotAllowedError(words(error, one.facts)) from error
                    if error.answer.status < 500 or not left:
                        raise OSError(words(error, one.facts)) from error
                except OSError as error:  # such as a connection that was idle for too long
                    one.close()
                    if not left:
                        raise OSError(words(error, one.facts)) from error
            time.sleep(PAUSE_SECONDS * (TRIES - 1 - left))
        raise AssertionError

    @contextmanager
    def _client(self) -> Iterator[Bucket]:
        now = time.monotonic()
        try:
            one, made = self._idle.get_nowait()
            if now - made > KEYS_SECONDS:
                one.close()
                one, made = self._opened(), now
        except queue.Empty:
            one, made = self._opened(), now
        try:
            yield one
        finally:
            self._idle.put((one, made))
