"""Previews that differ in lines of nginx's configuration, and serve the same images."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from benchmarks.peers import OPEN, ours, preview
from benchmarks.processes import cpu
from benchmarks.pusher import REPOSITORY
from benchmarks.traffic import Measured
from holdfast.preview import Preview
from testhosts import binary

Change = Mapping[str, str]
"""Patterns of what is replaced in nginx.conf, and what stands there instead."""
AS_RENDERED = "as rendered"
SETTLED_SECONDS = 1.0


def variants(
    stack: ExitStack, images: Path, changes: Mapping[str, Change], **more: object
) -> dict[str, Preview]:
    """Run a preview for each change, and one without; all have the images of one directory."""
    found = {}
    for way, change in {AS_RENDERED: {}, **changes}.items():
        one = preview(**OPEN, **more)
        (one.scratch / "images").symlink_to(images)
        found[way] = stack.enter_context(one)
        _edit(one, change)
    return found


def _edit(running: Preview, change: Change) -> None:
    conf = running.scratch / "etc/current/proxy/nginx.conf"
    text = conf.read_text()
    for pattern, new in change.items():
        text, count = re.subn(pattern, new, text)
        assert count, f"nothing to change: {pattern}"
    conf.write_text(text)
    running.signal("nginx", signal.SIGHUP)
    time.sleep(SETTLED_SECONDS)


def connections(running: Preview, number: int, *, resumed: bool) -> Measured:
    """Open connections one by one; return how many a second, and nginx's milliseconds of each."""
    port, pids = running.settings.proxy.port, [running.pid("nginx")]
    context = ssl.create_default_context(cafile=str(running.ca_file))
    before, begun, session, again = cpu(*pids), time.monotonic(), None, 0
    for _ in range(number):
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            context.wrap_socket(plain, server_hostname="localhost", session=session) as secure,
        ):
            # Without an answer there is no ticket: with TLS 1.3 it comes after the handshake.
            secure.sendall(f"GET / HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
            assert secure.recv(9) == b"HTTP/1.1 "
            again += bool(secure.session_reused)
            session = secure.session if resumed else None
    seconds = time.monotonic() - begun
    assert again == (number - 1 if resumed else 0), f"{again} of {number} were resumed"
    return number / seconds, (cpu(*pids) - before) / number * 1000


def crane(running: Preview, digest: str, size: int) -> Measured:
    """Pull a layer with a client written in Go; return MiB/s and processor seconds of a GB."""
    own = {**os.environ, "SSL_CERT_FILE": str(running.ca_file)}
    name = f"{running.settings.authority}/{REPOSITORY}@{digest}"
    pids = ours(running).pids
    before, begun = cpu(*pids), time.monotonic()
    argv: list[str | Path] = [_crane(), "blob", name]
    subprocess.run(argv, env=own, stdout=subprocess.DEVNULL, check=True)
    seconds = time.monotonic() - begun
    return size / 2**20 / seconds, (cpu(*pids) - before) / size * 1e9


def _crane() -> Path:
    return binary.tool("crane")


def peak(pid: int, during: Callable[[], object]) -> float:
    """Return the most MiB that a process held in memory while something was done."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    during()
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
