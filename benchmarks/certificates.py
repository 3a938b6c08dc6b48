"""What renewals cost the clients, and what it costs to read certificates at each handshake."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from holdfast.certificates import Authority, building

NAME = "registry.holdfast.test"
RENEWALS, ROTATIONS = 20, 2
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


def certificate(folder: Path, *arguments: str) -> None:
    """Run `holdfast certificate` on an inventory."""
    argv = [sys.executable, "-m", "holdfast", "certificate", *arguments, "-i", str(folder)]
    subprocess.run(argv, check=True, capture_output=True)


def turns(folder: Path, trust: Path, number: int) -> Iterator[None]:
    """Renew, and rotate at the end of each half; clients learn of the new authority in between."""
    for turn in range(number):
        certificate(folder, "renew")
        yield
        if (turn + 1) % (RENEWALS // ROTATIONS):
            continue
        certificate(folder, "rotate-ca")
        certificate(folder, "renew")
        yield
        shutil.copy(folder / "pki" / "ca.crt", trust)
        certificate(folder, "rotate-ca", "--finish")
        certificate(folder, "renew")
        yield


def handshakes(folder: Path) -> None:
    """Compare certificates that nginx read once with those that it reads at each handshake."""
    print("\n| nginx, CPU a full handshake, TLS 1.3 | read once | read each time | ratio |")
    print("|---|---|---|---|")
    company = Authority.create("company", 9, datetime.now(UTC))
    (folder / "root.pem").write_text(company.trust)
    for kind in ("ecdsa", "rsa"):
        pair = company.issue(NAME, 9, datetime.now(UTC), building.new_key(kind))
        (folder / f"{kind}.crt").write_text(pair.certificate_pem)
        (folder / f"{kind}.key").write_text(pair.key_pem)
        with _nginx(folder, kind, str(folder)) as once, _nginx(folder, kind, "$certificates") as by:
            cost: list[tuple[float, float]] = [
                (_cost(folder, *once), _cost(folder, *by)) for _ in range(ROUNDS)
            ]
        a, b = (statistics.median(column) for column in zip(*cost, strict=True))
        print(f"| {kind} | {a * 1e6:.0f} µs | {b * 1e6:.0f} µs | {b / a:.2f} |", flush=True)


@contextmanager
def _nginx(folder: Path, kind: str, place: str) -> Iterator[tuple[int, int]]:
    """Run nginx; yield its port and the process of its worker."""
    own = folder / ("once" if place == str(folder) else "each")
    own.mkdir(exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
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
    """Return the seconds of CPU that a worker spends on one handshake."""
    context = ssl.create_default_context(cafile=str(folder / "root.pem"))
    before = _cpu(worker)
    for _ in range(HANDSHAKES):
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            context.wrap_socket(plain, server_hostname=NAME),
        ):
            pass
    return (_cpu(worker) - before) / HANDSHAKES


def _cpu(worker: int) -> float:
    fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
