"""Run the gate: `python3 -m ...gate.service GENERATION PUSHES [MANIFESTS CONTROL]`.

Two sockets come from systemd by name, `manifests` and `control`; a preview, which has no systemd,
gives their paths. `GENERATION` is the link to the serving generation.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import signal
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.gate import (
    forward,
    manifests,
    opening,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.forward import Answer
from ansible_collections.holdfast.registry.plugins.module_utils.gate.protocol import (
    Gate,
    StaleCycleError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.pushes import Pushes
from ansible_collections.holdfast.registry.plugins.module_utils.gate.settling import Settling
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import MOST_BYTES
from ansible_collections.holdfast.registry.plugins.module_utils.gate.taking import Taking
from ansible_collections.holdfast.registry.plugins.module_utils.system import sockets

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import GatePlan

THREADS = 64
MOVING = "moving"
"""File beside the record of pushes: moves of a bucket are on their way."""
SECONDS = 60.0
"""Longest wait for a part of a request: the proxy sends it from memory."""
BACKLOG = 1024
"""Connections that may wait in a socket of a preview."""
_GENERATION = re.compile(r"/[^\0]*/generations/\d+")


class Handler(BaseHTTPRequestHandler):
    """One request on a connection of its own; the proxy keeps none."""

    protocol_version = "HTTP/1.0"
    timeout = SECONDS

    def log_message(self, *_: Any) -> None:
        """Log nothing: the proxy does."""

    def send(self, answer: Answer) -> None:
        """Send an answer."""
        self.send_response(answer.status)
        for key, value in answer.headers:
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def content(self) -> bytes:
        """Return the request's body. Raises ValueError if it is too large or cut."""
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= MOST_BYTES:
            most = MOST_BYTES >> 20
            raise ValueError(f"expected a manifest of at most {most} MiB, got {length} bytes")
        body = self.rfile.read(length)
        if len(body) != length:
            raise ValueError(f"expected {length} bytes, got {len(body)}")
        return body


class ManifestHandler(Handler):
    """Requests for manifests, from the proxy."""

    def __init__(self, own: manifests.Manifests, current: str, *args: Any) -> None:
        self.own, self.current = own, current
        super().__init__(*args)

    def do_PUT(self) -> None:
        """Push a manifest."""
        try:
            body = self.content()
        except ValueError as problem:
            self.send(manifests.error(400, "MANIFEST_INVALID", str(problem)))
            return
        self._answer(body)

    def do_DELETE(self) -> None:
        """Delete a manifest or a tag."""
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        generation = self.headers.get("X-Holdfast-Generation", "")
        if not _GENERATION.fullmatch(generation) or not os.path.isdir(generation):
            generation = self.current
        headers = {key.lower(): value for key, value in self.headers.items()}
        request = manifests.Request(
            self.command, self.path, headers, body, plan(generation), f"{generation}/registry.sock"
        )
        try:
            answer = self.own.answer(request)
        except forward.NO_ANSWER as problem:
            print(f"the registry does not answer: {problem}", file=sys.stderr)
            message = "manifests cannot be changed now: try again"
            answer = manifests.error(503, "UNAVAILABLE", message)
            answer.headers.append(("Retry-After", "5"))
        self.send(answer)


class ControlHandler(Handler):
    """Requests of a clean-up; only root can open the socket."""

    def __init__(self, gate: Gate, taking: Taking, *args: Any) -> None:
        self.gate, self.taking = gate, taking
        super().__init__(*args)

    def do_POST(self) -> None:
        """Run one operation: begin, trash, purge, restore, take, bring_back, set_aside, end,
        figures."""
        gate, taking = self.gate, self.taking
        calls: dict[str, Callable[[Any], Any]] = {
            "begin": lambda _: gate.begin(),
            "trash": lambda order: gate.trash(order["cycle"], order["places"]),
            "purge": lambda order: gate.purge(order["cycle"], order["places"]),
            "restore": lambda order: gate.restore(order["cycle"], order["places"]),
            "take": taking.take,
            "bring_back": lambda order: taking.bring_back(
                order["repository"], order["digest"], order["tag"], order.get("pushed")
            ),
            "set_aside": lambda order: gate.set_aside(order["digest"], order["seen"]),
            "end": lambda order: gate.end(order["cycle"]),
            "figures": lambda _: gate.figures,
        }
        try:
            order = json.loads(self.content() or b"{}")
            result, status = calls[self.path.lstrip("/")](order), 200
        except StaleCycleError as problem:
            result, status = {"problem": str(problem)}, 409
        except (ValueError, KeyError) as problem:
            result, status = {"problem": f"unknown request: {problem}"}, 400
        except OSError as problem:
            result, status = {"problem": str(problem)}, 500
        body = json.dumps(result).encode()
        self.send(Answer(status, [("Content-Type", "application/json")], body))


def plan(generation: str) -> GatePlan:
    """Return the plan of a generation, which never changes. Raises OSError."""
    return _plan(os.path.realpath(generation))


@functools.lru_cache(maxsize=16)
def _plan(generation: str) -> GatePlan:
    with open(f"{generation}/gate/plan.json", encoding="utf-8") as stream:
        found: GatePlan = json.load(stream)
    return found


class Server:
    """Accept connections of one socket and answer each in a thread, until it is stopped."""

    def __init__(
        self,
        listening: socket.socket,
        handler: Any,
        pool: ThreadPoolExecutor,
        ended: threading.Event,
    ) -> None:
        """Set `ended` when no connection is accepted any more, whatever the reason."""
        self._listening, self._handler, self._pool = listening, handler, pool
        self._ended = ended
        self._stopped = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Accept no more; what waits in the socket's queue is for the next process."""
        self._stopped = True
        self._thread.join()

    def _serve(self) -> None:
        self._listening.settimeout(0.1)
        try:
            while not self._stopped:
                with contextlib.suppress(TimeoutError):
                    connection, _ = self._listening.accept()
                    connection.settimeout(SECONDS)
                    self._pool.submit(self._handle, connection)
        except (OSError, RuntimeError) as problem:  # no more descriptors, or threads
            print(f"no connection can be accepted: {problem}", file=sys.stderr)
        finally:  # a gate that hears nobody would hold everybody up: systemd starts it again
            self._ended.set()

    def _handle(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self._handler(connection, ("", 0), self)


def opened_sockets(paths: list[str]) -> dict[str, socket.socket]:
    """Return the sockets that systemd passes, by name; or new ones at the paths."""
    if paths:
        return {
            name: sockets.listening(path, BACKLOG)
            for name, path in zip(("manifests", "control"), paths, strict=True)
        }
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    return {name: sockets.inherited(n) for n, name in enumerate(names)}


def main(current: str, pushes: str, *paths: str) -> int:
    """Serve until SIGTERM; open requests are answered before the end."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    store = opening.opened(plan(current)["storage"], current, os.environ)
    if not plan(current)["storage"]["readonly"]:
        store.announce()
    gate = Gate(store, Settling(os.path.join(os.path.dirname(pushes), MOVING)))
    record = Pushes(pushes)
    own = manifests.Manifests(gate, record)
    taking = Taking(gate, record, own.admission.quotas.changed)
    found = opened_sockets(list(paths))
    with ThreadPoolExecutor(THREADS) as pool, ThreadPoolExecutor(4) as few:
        servers = [
            Server(
                found["manifests"], functools.partial(ManifestHandler, own, current), pool, ended
            ),
            Server(found["control"], functools.partial(ControlHandler, gate, taking), few, ended),
        ]
        ended.wait()
        for one in servers:
            one.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
