"""Get the sockets on which a service listens: from systemd, or at paths of its own."""

from __future__ import annotations

import contextlib
import os
import socket

FIRST_DESCRIPTOR = 3
"""Number of the first descriptor that systemd passes. Source: sd_listen_fds(3)."""


def inherited(number: int = 0) -> socket.socket:
    """Return a socket that systemd passes, by its place among them."""
    return socket.socket(fileno=FIRST_DESCRIPTOR + number)


def listening(path: str, backlog: int) -> socket.socket:
    """Return a new Unix socket at a path, instead of the one that was there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    made = socket.socket(socket.AF_UNIX)
    made.bind(path)
    made.listen(backlog)
    return made
