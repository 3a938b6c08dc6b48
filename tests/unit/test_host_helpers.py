"""Helpers of the host library that several of its folders share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, http


@contextmanager
def serving(server: TCPServer) -> Iterator[str]:
    """Serve in a thread; yield the address."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class Echo(BaseHTTPRequestHandler):
    """Answers with its method, its path and one header."""

    def do_PUT(self) -> None:
        text = f"{self.command} {self.path} {self.headers['X-Who']}".encode()
        self.send_response(307)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        pass


class Noise(BaseRequestHandler):
    """Answers with what is no HTTP."""

    def handle(self) -> None:
        self.request.recv(1000)
        self.request.sendall(b"-ERR unknown command\r\n")


def test_one_request_keeps_query_and_headers_and_follows_no_redirect() -> None:
    with serving(HTTPServer(("127.0.0.1", 0), Echo)) as address:
        found = http.ask("PUT", f"{address}/a?b=c%2Fd", {"X-Who": "me"}, timeout=5)
    assert found == (307, b"PUT /a?b=c%2Fd me")


def test_what_is_no_http_is_an_error_of_the_system() -> None:
    with (
        serving(TCPServer(("127.0.0.1", 0), Noise)) as address,
        pytest.raises(OSError, match=r"expected an answer of HTTP, got .*ERR unknown"),
    ):
        http.ask("GET", address, timeout=5)
    with pytest.raises(OSError, match="refused"):
        http.ask("GET", "http://127.0.0.1:1/", timeout=5)


@pytest.mark.parametrize("content", [None, b"", b'{"a": ', b'{"a": "\xff"}'])
def test_a_json_file_that_cannot_be_read_is_none(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    if content is not None:
        path.write_bytes(content)
    assert files.read_json(str(path)) is None
    path.write_text('{"a": [1]}')
    assert files.read_json(str(path)) == {"a": [1]}
