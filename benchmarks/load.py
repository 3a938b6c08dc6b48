"""Run clients that push and pull without a pause, and count failures."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    RegistryError,
)

LAYER = 4 * 2**20
CHUNK = 2**20


@dataclass
class Counts:
    """Numbers of requests and failures of the clients."""

    pulls: int = 0
    pushes: int = 0
    visits: int = 0
    """Requests with a new connection, and so with a handshake."""
    slowest: float = 0.0
    """Seconds of the longest pull or push."""
    failures: list[str] = field(default_factory=list)


@contextmanager
def load(
    connect: Callable[[], Client],
    pullers: int = 2,
    pushers: int = 2,
    visitors: int = 0,
    pause: float = 0,
) -> Iterator[Counts]:
    """Keep clients busy while the block runs: each on one keep-alive connection, never retrying.

    Visitors open a connection for each request: they see every certificate. Each client rests for
    `pause` seconds between its requests.
    """
    counts, stop, ready = Counts(), threading.Event(), connect()
    content = os.urandom(LAYER)
    path = _push(ready, content)
    ready.close()
    jobs = [lambda client: _pull(client, path, content, counts)] * pullers
    jobs += [lambda client: _count_push(client, counts)] * pushers
    jobs += [lambda _: _visit(connect(), counts)] * visitors
    threads = [
        threading.Thread(target=_repeat, args=(connect, job, counts, stop, pause)) for job in jobs
    ]
    for thread in threads:
        thread.start()
    try:
        yield counts
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _repeat(
    connect: Callable[[], Client],
    job: Callable[[Client], None],
    counts: Counts,
    stop: threading.Event,
    pause: float,
) -> None:
    client = connect()
    while not stop.wait(pause):
        begun = time.monotonic()
        try:
            job(client)
            counts.slowest = max(counts.slowest, time.monotonic() - begun)
        except RegistryError as error:
            counts.failures.append(str(error))
            client.close()
    client.close()


def _pull(client: Client, path: str, content: bytes, counts: Counts) -> None:
    reply = client.request("GET", path)
    if reply.status != 200 or reply.body != content:
        raise RegistryError(f"GET {path}: {reply.status}, {len(reply.body)} bytes")
    counts.pulls += 1


def _visit(client: Client, counts: Counts) -> None:
    if client.check() != 200:
        raise RegistryError("a visit was refused")
    client.close()
    counts.visits += 1


def _count_push(client: Client, counts: Counts) -> None:
    _push(client, os.urandom(LAYER))
    counts.pushes += 1


def _push(client: Client, content: bytes) -> str:
    """Push a blob in chunks; return the path it is pulled from."""
    begun = client.request("POST", "/v2/load/uploads/blobs/uploads/")
    place = _location(begun.status, 202, begun.headers["Location"])
    for start in range(0, len(content), CHUNK):
        part = content[start : start + CHUNK]
        span = {"Content-Range": f"{start}-{start + len(part) - 1}"}
        reply = client.request("PATCH", place, part, span)
        place = _location(reply.status, 202, reply.headers["Location"])
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    done = client.request("PUT", f"{place}&digest={digest}")
    _location(done.status, 201, "")
    return f"/v2/load/uploads/blobs/{digest}"


def _location(status: int, expected: int, location: str | None) -> str:
    if status != expected:
        raise RegistryError(f"upload: expected {expected}, got {status}")
    return location or ""
