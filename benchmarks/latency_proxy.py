"""Simulate a remote server: a proxy that counts requests and delays answers."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

REQUEST = re.compile(rb"(?:GET|PUT|HEAD|POST|DELETE) \S+ HTTP/1\.1\r\n")
BLOCK = 1 << 16


@dataclass
class LatencyProxy:
    """Proxy to a server of this machine, without TLS."""

    to: int
    """Port of the server."""
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    seconds: float = 0.0
    """Delay of each answer in seconds."""
    requests: int = 0

    @property
    def port(self) -> int:
        """Port of the proxy."""
        return int(self.listener.getsockname()[1])

    def serve(self) -> None:
        """Accept connections until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.to))
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for ends in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, start: socket.socket, end: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while block := start.recv(BLOCK):
                if answers:
                    time.sleep(self.seconds)
                elif REQUEST.match(block):
                    self.requests += 1
                end.sendall(block)
        for one in (start, end):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def delayed(port: int) -> Iterator[LatencyProxy]:
    """Run a latency proxy for the server at a port, until the block ends."""
    proxy = LatencyProxy(port)
    threading.Thread(target=proxy.serve, daemon=True).start()
    try:
        yield proxy
    finally:
        # Closing alone does not wake the thread in accept.
        proxy.listener.shutdown(socket.SHUT_RDWR)
        proxy.listener.close()
