"""Receiver of notifications over https, with a certificate of its own authority."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from holdfast.certificates import Authority

NAME = "localhost"


@dataclass
class Receiver:
    """Received events, and whether the receiver accepts them."""

    port: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    refuses: bool = False
    refused: int = 0

    def actions(self, repository: str) -> list[str]:
        """Return the events of a repository, in order."""
        return [e["action"] for e in self.events if e["target"]["repository"] == repository]


@contextmanager
def receiving(
    folder: Path, port: int, name: str = NAME, address: str = "127.0.0.1"
) -> Iterator[Receiver]:
    """Receive notifications until the block ends; `ca.pem` in the folder is the authority."""
    got = Receiver(port)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if got.refuses:
                got.refused += 1
            else:
                got.events += json.loads(body)["events"]
                got.headers.append(dict(self.headers))
            self.send_response(503 if got.refuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer((address, port), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certified(folder, name))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def certified(folder: Path, name: str = NAME) -> tuple[Path, Path]:
    """Make an authority, and of it certificates for this machine and a client, once."""
    certificate, key = folder / "hook.pem", folder / "hook.key"
    if not certificate.exists():
        now = datetime.now(UTC)
        company = Authority.create("company", 9, now)
        pair = company.issue(name, 9, now)
        (folder / "ca.pem").write_text(company.root_pem)
        certificate.write_text(pair.certificate_pem)
        key.write_text(pair.key_pem)
        shown = company.issue_client("registry", 9, now)
        (folder / "client.pem").write_text(shown.certificate_pem)
        (folder / "client.key").write_text(shown.key_pem)
    return certificate, key
