"""Serve images as a registry that lies, limits and drops, which no real one does on request."""

from __future__ import annotations

import http.server
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Image,
    digest_of,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    MANIFEST_TYPE,
)

Answer = tuple[int, dict[str, str], bytes]
Odd = Callable[[str, int, Answer], Answer | None]
"""Function of path, number of requests to it, and the honest answer; None drops the connection."""


class Source:
    """The images of one repository, `odd`, and the requests that it got."""

    def __init__(self, images: dict[str, Image], odd: Odd) -> None:
        self.seen: Counter[str] = Counter()
        self.ranges: list[str] = []
        self.odd = odd
        self.port = 0
        self.contents: dict[str, tuple[str, bytes]] = {}
        self.tags = sorted(images)
        for tag, image in images.items():
            for name in (tag, image.digest):
                self.contents[f"manifests/{name}"] = (MANIFEST_TYPE, image.manifest)
            for digest, blob in image.blobs.items():
                self.contents[f"blobs/{digest}"] = ("application/octet-stream", blob)

    def answer(self, path: str) -> Answer:
        """Return the honest answer to a request."""
        name = path.removeprefix("/v2/odd/")
        if path.startswith("/v2/_catalog"):
            return _json({"repositories": ["odd"]})
        if name.startswith("tags/list"):
            return _json({"name": "odd", "tags": self.tags})
        if name not in self.contents:
            return 404, {}, b'{"errors":[{"code":"NAME_UNKNOWN","message":"nothing here"}]}'
        kind, content = self.contents[name]
        return 200, {"Content-Type": kind, "Docker-Content-Digest": digest_of(content)}, content


def _json(value: Any) -> Answer:
    return 200, {"Content-Type": "application/json"}, json.dumps(value).encode()


@contextmanager
def serving(images: dict[str, Image], odd: Odd) -> Iterator[Source]:
    """Serve images on a port of loopback, without TLS."""
    source = Source(images, odd)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            source.seen[self.path] += 1
            wanted = self.headers.get("Range", "")
            found = source.odd(self.path, source.seen[self.path], source.answer(self.path))
            if found is None:
                self.close_connection = True
                return
            status, headers, body = found
            if wanted:
                source.ranges.append(wanted)
                status, body = 206, body[int(wanted[6:-1]) :]
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
                self.close_connection = "Content-Length" in headers

        do_HEAD = do_GET  # noqa: N815 -- the name of the library

        def log_message(self, *_: Any) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    source.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield source
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
