"""Serve the figures of a host: `python3 -m ...facts.service GENERATION STATE HEALTH [SOCKET]`.

`GENERATION` is the link to the serving generation, `STATE` the file of what is kept, and `HEALTH`
the proxy's socket at which the registry's health can be requested. The socket to listen on comes
from systemd; a preview, which has no systemd, gives its path. One path is answered, `/metrics`.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import selectors
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.facts.figures import Figures
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, sockets

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.figures import (
        FactsPlan,
    )

TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = 5.0
"""Longest wait for a part of a request: the proxy sends it from memory."""
LOOKS, SAVES, PROBES = 1.0, 10.0, 60.0
"""Seconds between two looks at the log, two writes of the state, two looks at the registry."""
BACKLOG = 64
"""Connections that may wait in the socket of a preview."""


class Handler(BaseHTTPRequestHandler):
    """One request of the proxy, on a connection of its own."""

    protocol_version = "HTTP/1.0"
    timeout = SECONDS

    def __init__(self, figures: Figures, token: str, *args: Any) -> None:
        self._figures, self._token = figures, token
        super().__init__(*args)

    def log_message(self, *_: Any) -> None:
        """Log nothing: an address that is wrong would fill the journal."""

    def do_GET(self) -> None:
        """Send the metrics to who has the token."""
        if not allowed(self._token, self.headers.get("Authorization", "")):
            self._send(401, "a token is required: registry_metrics_token\n", "Bearer")
        elif self.path.partition("?")[0] != "/metrics":
            self._send(404, "only /metrics is served\n")
        else:
            self._figures.look()
            self._send(200, self._figures.text())

    def _send(self, status: int, text: str, challenge: str = "") -> None:
        body = text.encode()
        self.send_response(status)
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Type", TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def allowed(token: str, given: str) -> bool:
    """Tell whether a header of a login has the token of a SHA-256; "" requires none."""
    if not token:
        return True
    kind, _, word = given.partition(" ")
    found = hashlib.sha256(word.strip().encode("latin-1", "replace")).hexdigest()
    return kind.lower() == "bearer" and hmac.compare_digest(found, token)


def healthy(path: str) -> bool:
    """Tell whether the registry answers through the proxy's socket."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(SECONDS)
        client.connect(path)
        client.sendall(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
        return client.recv(64).partition(b"\r\n")[0].split(b" ")[1:2] == [b"200"]
    return False


def listening(paths: tuple[str, ...]) -> socket.socket:
    """Return the socket that systemd passes, or a new one at a path."""
    if not paths:
        return sockets.inherited()
    return sockets.listening(paths[0], BACKLOG)


def serve(
    figures: Figures, token: str, health: str, server: socket.socket, ended: threading.Event
) -> None:
    """Serve until the end, in one thread: the proxy is the only client, and it is fast."""
    due = dict.fromkeys(("look", "probe"), 0.0) | {"save": time.monotonic() + SAVES}
    server.settimeout(SECONDS)
    with selectors.DefaultSelector() as waiting:
        waiting.register(server, selectors.EVENT_READ)
        while not ended.is_set():
            now = time.monotonic()
            if due["look"] <= now:
                figures.look()
                due["look"] = now + LOOKS
            if due["probe"] <= now:
                figures.up = healthy(health)
                due["probe"] = now + PROBES
            if due["save"] <= now:
                _saved(figures)
                due["save"] = now + SAVES
            if waiting.select(LOOKS):
                _answer(figures, token, server)


def _answer(figures: Figures, token: str, server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection, _ = server.accept()
        with connection:
            connection.settimeout(SECONDS)
            Handler(figures, token, connection, ("", 0), None)


def _saved(figures: Figures) -> None:
    """Keep the figures. Without room on the disk the next start reads the log again."""
    try:
        figures.save()
    except OSError as problem:
        print(f"the counters cannot be kept: {problem}", file=sys.stderr)


def main(current: str, state: str, health: str, *paths: str) -> int:
    """Serve until SIGTERM, and keep the figures then."""
    # Not in the middle of a line, which would be counted or not.
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    plan: FactsPlan = files.read_json(os.path.join(current, "facts", "plan.json"))
    token = ""
    if plan["token"]:
        with open(os.path.join(current, "facts", "token.sha256"), encoding="ascii") as stream:
            token = stream.read().strip()
    figures = Figures(plan, current, state)
    # Before the first answer: what was scraped from the process before is not more than this.
    figures.look()
    serve(figures, token, health, listening(paths), ended)
    _saved(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
