"""Answers on a connection, without the parts that differ each time."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|_state=[\w=-]+")

Answer = tuple[bytes, list[bytes], bytes]
"""Line of the status, sorted headers, body."""


def answers(stream: bytes, port: int) -> list[Answer]:
    """Return the answers in the order in which they came from a port."""
    stream = _ID.sub(b"ID", stream.replace(b":%d" % port, b":PORT"))
    # The registry has no order in what it asks for.
    stream = stream.replace(b"push,pull", b"pull,push")
    for boundary in set(re.findall(rb"boundary=([0-9a-f]+)", stream)):
        stream = stream.replace(boundary, b"BOUNDARY")
    return list(_split(stream))


def _split(stream: bytes) -> Iterator[Answer]:
    while stream.startswith(b"HTTP/1."):
        head, _, stream = stream.partition(b"\r\n\r\n")
        status, *lines = head.split(b"\r\n")
        headers = sorted(line for line in lines if not line.startswith(b"Date:"))
        body, stream = _body(headers, stream)
        yield status, headers, body
    if stream:
        yield b"", [], stream


def _body(headers: list[bytes], stream: bytes) -> tuple[bytes, bytes]:
    """Return the body, and what follows it; an answer to HEAD has none, whatever it says."""
    if stream.startswith(b"HTTP/1."):
        return b"", stream
    if b"Transfer-Encoding: chunked" in headers:
        return _joined(stream)
    length = next((int(line[15:]) for line in headers if line.startswith(b"Content-Length:")), 0)
    return stream[:length], stream[length:]


def _joined(stream: bytes) -> tuple[bytes, bytes]:
    """Return the content of chunks, and what follows them."""
    body = b""
    while stream:
        size, _, stream = stream.partition(b"\r\n")
        length = int(size, 16)
        body, stream = body + stream[:length], stream[length + 2 :]
        if not length:
            break
    return body, stream
