"""Open thousands of connections whose requests never end."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from holdfast.errors import InputError
from holdfast.verification.network.endpoint import Endpoint
from holdfast.verification.network.raw_http import header_lines

SPARE_FILES = 256
CONNECT_SECONDS = 5.0
GATHERED_WITHIN_SECONDS = 12.0
"""Less than the time after which the server cuts the first of them."""


@contextmanager
def hold_connections(endpoint: Endpoint, count: int) -> Iterator[int]:
    """Hold half-sent requests open, and yield how many the host accepted.

    Raises InputError if this machine allows too few open files.
    """
    _allow_files(count + SPARE_FILES)
    half = header_lines("GET /v2/ HTTP/1.1", f"Host: {endpoint.host}")[:-2] + b"X-Slow: "
    deadline = time.monotonic() + GATHERED_WITHIN_SECONDS

    def connect(_: int) -> socket.socket | None:
        if time.monotonic() > deadline:
            return None
        try:
            connection = endpoint.open(CONNECT_SECONDS)
            connection.sendall(half)
        except OSError:
            return None
        return connection

    with ExitStack() as held, ThreadPoolExecutor(32) as pool:
        members = [held.enter_context(one) for one in pool.map(connect, range(count)) if one]
        yield len(members)


def _allow_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= count or soft == resource.RLIM_INFINITY:
        return
    if hard not in (resource.RLIM_INFINITY,) and hard < count:
        raise InputError(
            f"this machine allows {hard} open files, {count} are needed. Raise it: ulimit -Hn"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
