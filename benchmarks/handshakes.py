"""Measure the cost of reading certificates at each handshake."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import Figure, Result, interleaved
from benchmarks.lab import NAME, Lab
from benchmarks.processes import cpu
from holdfast.certificates import Authority, building
from holdfast.preview.scratch import free_port

ROUNDS, HANDSHAKES = 5, 1000
CONFIG = """
daemon off; pid {folder}/nginx.pid; error_log stderr; worker_processes 1; {user}
events {{}}
http {{
  access_log off; ssl_protocols TLSv1.3; ssl_session_tickets off; ssl_session_cache none;
  map "" $certificates {{ default {folder}; }}
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl; server_name {name};
    ssl_certificate {place}/{kind}.crt; ssl_certificate_key {place}/{kind}.key;
    return 204;
  }}
}}
"""


ONCE, EACH = "certificate read once", "read at each handshake"


def measure(lab: Lab) -> list[Result]:
    """Compare certificates that nginx reads once with those that it reads at each handshake."""
    company = Authority.create("company", 9, datetime.now(UTC))
    (lab.folder / "root.pem").write_text(company.root_pem)
    return [_figure(lab.folder, company, kind) for kind in ("ecdsa", "rsa")]


def _figure(folder: Path, company: Authority, kind: str) -> Figure:
    pair = company.issue(NAME, 9, datetime.now(UTC), building.new_key(kind))
    (folder / f"{kind}.crt").write_text(pair.certificate_pem)
    (folder / f"{kind}.key").write_text(pair.key_pem)
    with ExitStack() as stack:
        once = stack.enter_context(_nginx(folder, kind, str(folder)))
        each = stack.enter_context(_nginx(folder, kind, "$certificates"))
        ways = {ONCE: lambda: _cost(folder, *once), EACH: lambda: _cost(folder, *each)}
        samples = interleaved(kind, ways, ROUNDS)
    return Figure(f"CPU a full handshake, TLS 1.3, {kind}", "µs", ONCE, samples)


@contextmanager
def _nginx(folder: Path, kind: str, place: str) -> Iterator[tuple[int, int]]:
    """Run nginx; yield its port and the process of its worker."""
    own = folder / ("once" if place == str(folder) else "each")
    own.mkdir(exist_ok=True)
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    text = CONFIG.format(folder=own, place=place, kind=kind, port=port, name=NAME, user=user)
    (own / "nginx.conf").write_text(text.replace(f"default {own}", f"default {folder}"))
    process = subprocess.Popen(["nginx", "-e", "stderr", "-c", str(own / "nginx.conf")])
    try:
        while not (own / "nginx.pid").exists():
            time.sleep(0.05)
        time.sleep(0.2)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield port, int(children[0])
    finally:
        process.terminate()
        process.wait(10)
        (own / "nginx.pid").unlink(missing_ok=True)


def _cost(folder: Path, port: int, worker: int) -> float:
    """Return the microseconds of processor time of one handshake."""
    context = ssl.create_default_context(cafile=str(folder / "root.pem"))
    before = cpu(worker)
    for _ in range(HANDSHAKES):
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            context.wrap_socket(plain, server_hostname=NAME),
        ):
            pass
    return (cpu(worker) - before) / HANDSHAKES * 1e6
