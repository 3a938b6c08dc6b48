"""Run previews with different lines of nginx's configuration and the same images."""

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
"""Replacement by pattern in nginx.conf."""
AS_RENDERED = "as rendered"
FILES: dict[str, Change] = {
    "no threads": {r"aio threads=disk;": ""},
    "no threads, output_buffers 2 64k": {
        r"aio threads=disk;": "",
        r"output_buffers [^;]+;": "output_buffers 2 64k;",
    },
    **{
        f"output_buffers {value}": {r"output_buffers [^;]+;": f"output_buffers {value};"}
        for value in ("2 32k", "2 256k", "1 1m", "2 512k")
    },
    "ssl_buffer_size 4k": {r"(ssl_session_timeout)": r"ssl_buffer_size 4k; \1"},
}
BUFFERS: dict[str, Change] = {
    "proxy_buffering off": {r"(proxy_buffers 8 128k;)": r"\1 proxy_buffering off;"},
    "8 of 32k": {
        r"proxy_buffers 8 128k;": "proxy_buffers 8 32k;",
        r"proxy_buffer_size 128k": "proxy_buffer_size 32k",
        r"busy_buffers_size 256k": "busy_buffers_size 64k",
    },
    "16 of 256k": {r"proxy_buffers 8 128k;": "proxy_buffers 16 256k;"},
}
BODIES: dict[str, Change] = {
    "client_body_buffer_size 16k": {r"body_buffer_size 128k": "body_buffer_size 16k"},
    "client_body_buffer_size 512k": {r"body_buffer_size 128k": "body_buffer_size 512k"},
    "proxy_request_buffering on": {r"request_buffering off": "request_buffering on"},
}
QUESTIONS: dict[str, Change] = {
    "no connection kept to the registry": {r"http://\$registry;": "http://registry;"},
    "proxy_buffer_size 16k": {r"proxy_buffer_size 128k": "proxy_buffer_size 16k"},
    "no access log": {r"access_log /[^;]*;": "access_log off;"},
    "1 worker": {r"worker_processes auto": "worker_processes 1"},
    "4 workers": {r"worker_processes auto": "worker_processes 4"},
}
TICKETS: dict[str, Change] = {"tickets": {r"ssl_session_tickets off": "ssl_session_tickets on"}}
HTTP2: dict[str, Change] = {"HTTP/2": {r"( ssl)( default_server)?;": r"\1 http2\2;"}}
COLLECTED = {
    **{f"GOGC={value}": {"GOGC": value} for value in ("100", "200", "400", "800")},
    "GOGC=400, GOMEMLIMIT=768MiB": {"GOGC": "400", "GOMEMLIMIT": "768MiB"},
}
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
    """Open connections one by one; return their rate, and nginx's milliseconds for each."""
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
    """Pull a layer with crane, a Go client; return MiB/s and processor seconds of a GB."""
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
    """Return the highest memory use of a process in MiB while something was done."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    during()
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
