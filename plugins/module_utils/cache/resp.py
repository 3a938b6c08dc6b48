"""Client of the Valkey and Redis protocol, as far as checks of a cache need it."""

from __future__ import annotations

import socket
import ssl
from typing import Any, BinaryIO

SECONDS = 5.0


class CacheError(Exception):
    """The cache did not answer, or refused a command; the text names the command and the reason."""


class Server:
    """Connection to a cache: `with Server(place) as server: server.ask("PING")`."""

    def __init__(self, place: str, context: ssl.SSLContext | None = None) -> None:
        """`place` is the path of a unix socket, or `host:port`."""
        self.place, self._context = place, context
        self._socket: socket.socket | None = None
        self._stream: BinaryIO | None = None

    def __enter__(self) -> Server:
        try:
            self._socket = self._connected()
        except OSError as error:
            raise CacheError(f"{self.place}: {error.strerror or error}") from error
        self._stream = self._socket.makefile("rb")
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream and self._socket:
            self._stream.close()
            self._socket.close()

    def login(self, username: str | None, password: str | None) -> None:
        """Log in if there is a password."""
        if password:
            self.ask("AUTH", *([username] if username else []), password)

    def ask(self, *words: str) -> Any:
        """Return the answer to a command: a text, a number, a list, or None."""
        assert self._socket is not None
        parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
        try:
            self._socket.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
            return self._answer(words[0])
        except OSError as error:
            raise CacheError(f"{words[0]}: {error.strerror or error}") from error

    def _connected(self) -> socket.socket:
        if self.place.startswith("/"):
            plain = socket.socket(socket.AF_UNIX)
            plain.settimeout(SECONDS)
            plain.connect(self.place)
            return plain
        host, _, port = self.place.rpartition(":")
        host = host.strip("[]")
        plain = socket.create_connection((host, int(port)), SECONDS)
        return self._context.wrap_socket(plain, server_hostname=host) if self._context else plain

    def _answer(self, command: str) -> Any:
        assert self._stream is not None
        line = self._stream.readline()
        if not line.endswith(b"\r\n"):
            raise CacheError(f"{command}: the connection was closed")
        kind, rest = line[:1], line[1:-2].decode("utf-8", "replace")
        if kind == b"-":
            raise CacheError(f"{command}: {rest}")
        if kind == b":":
            return int(rest)
        if kind == b"$":
            length = int(rest)
            text = self._stream.read(length + 2)[:-2] if length >= 0 else None
            return None if text is None else text.decode("utf-8", "replace")
        if kind == b"*":
            return [self._answer(command) for _ in range(int(rest))]
        return rest
