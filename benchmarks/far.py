"""A server that is far away: what goes through here is counted, and its answers take their time."""

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
class Far:
    """A way to a server of this machine, without TLS."""

    to: int
    """Port of the server."""
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    seconds: float = 0.0
    """What each answer is held back."""
    requests: int = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.listener.getsockname()[1])

    def serve(self) -> None:
        """Take connections until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
                for one in (near, far):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for ends in ((near, far, False), (far, near, True)):
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
def away(port: int) -> Iterator[Far]:
    """Put the server at a port far away."""
    far = Far(port)
    threading.Thread(target=far.serve, daemon=True).start()
    try:
        yield far
    finally:
        # Closing alone does not wake who waits in accept.
        far.listener.shutdown(socket.SHUT_RDWR)
        far.listener.close()
