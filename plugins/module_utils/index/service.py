"""Serve the index: `python3 -m ...index.service GENERATION [SOCKET]`.

`GENERATION` is the link to the serving generation. The socket comes from systemd, which lets root
alone connect; a preview, which has no systemd, gives its path. A connection has one question, a
line of JSON, and its answer.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import sys
import threading
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.index import answers, schema
from ansible_collections.holdfast.registry.plugins.module_utils.index.builder import (
    Builder,
    damage,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, sockets

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.index import (
        IndexAnswer,
        IndexPlan,
    )

SECONDS = 5.0
"""Longest wait for a part of a question."""
TURN_SECONDS = 1.0
MOST_BYTES = 64 << 10
"""Bytes of the longest question."""
BACKLOG = 64
"""Connections that may wait in the socket of a preview."""


def answer(builder: Builder, path: str, line: bytes) -> IndexAnswer:
    """Return the answer to a line with a question."""
    found, error = None, ""
    try:
        order = json.loads(line)
        with contextlib.closing(schema.reader(path)) as database:
            found = answers.answer(database, order["question"], order["given"])
    except sqlite3.Error as problem:
        if damage(problem):
            builder.damaged.set()
        error = f"index: expected a file to read, got: {problem}. It is made again; try later"
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as problem:
        error = f"index: expected a question, got: {problem}"
    return {"state": {**builder.state}, "found": found, "error": error}


def serve(builder: Builder, path: str, server: socket.socket, ended: threading.Event) -> None:
    """Answer until the end, one question after the other: root alone asks."""
    server.settimeout(TURN_SECONDS)
    while not ended.is_set():
        with contextlib.suppress(OSError):
            connection, _ = server.accept()
            with connection:
                connection.settimeout(SECONDS)
                with connection.makefile("rb") as stream:
                    line = stream.readline(MOST_BYTES)
                connection.sendall(json.dumps(answer(builder, path, line)).encode())


def main(current: str, *paths: str) -> int:
    """Serve until SIGTERM; return 1 if the index could not be kept."""
    ended, asked = threading.Event(), threading.Event()

    def end(*_: object) -> None:
        asked.set()
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    plan: IndexPlan = files.read_json(os.path.join(current, "index", "plan.json"))
    builder = Builder(plan)

    def build() -> None:
        try:
            builder.run(ended)
        finally:
            ended.set()

    server = sockets.listening(paths[0], BACKLOG) if paths else sockets.inherited()
    thread = threading.Thread(target=build)
    thread.start()
    serve(builder, plan["database"], server, ended)
    thread.join()
    return 0 if asked.is_set() else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
