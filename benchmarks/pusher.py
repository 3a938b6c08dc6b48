"""python -m benchmarks.pusher URL TRUST CHUNK SIZE ...: push layers in parallel.

Prints the seconds. CHUNK is in MiB, 0 for one request; SIZE in bytes, one for each client. It is a
separate process, because OpenSSL reads once which ciphers a client offers.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    over_tls,
)

from benchmarks.hardening import MIB, Layer

REPOSITORY = "bench/thing"
SMALL = b"small" * 820
"""4 KiB, like a configuration: most small blobs of images have that size."""


def client(url: str, trust: Path) -> Client:
    """Return a client of a server on this machine."""
    return over_tls("localhost", urlsplit(url).port or 443, cafile=str(trust), timeout=300)


def push(to: Client, layer: Layer, digest: str, chunk: int | None = None) -> None:
    """Push a layer over one connection: in one request, or in chunks of some MiB."""
    begun = to.request("POST", f"/v2/{REPOSITORY}/blobs/uploads/")
    place, pieces = begun.headers["Location"], layer.pieces()
    for start in range(0, layer.size if chunk else 0, (chunk or 1) * MIB):
        part = b"".join(next(pieces) for _ in range(chunk or 0))
        span = {"Content-Range": f"{start}-{start + len(part) - 1}"}
        reply = to.request("PATCH", place, part, span)
        assert reply.status == 202, reply
        place = reply.headers["Location"]
    path = f"{place}{'&' if '?' in place else '?'}digest={digest}"
    length = {"Content-Length": str(0 if chunk else layer.size)}
    done = to.request("PUT", path, b"" if chunk else pieces, length)
    assert done.status == 201, done


def put(to: Client, content: bytes, digest: str) -> None:
    """Push a small blob."""
    begun = to.request("POST", f"/v2/{REPOSITORY}/blobs/uploads/").headers["Location"]
    assert to.request("PUT", f"{begun}&digest={digest}", content).status == 201


def main(url: str, trust: str, chunk: str, *sizes: str) -> None:
    """Push each layer over its own connection; print seconds and digests."""
    layers = [(layer, layer.digest()) for layer in (Layer(int(size)) for size in sizes)]
    begun = time.monotonic()
    with ThreadPoolExecutor(len(layers)) as pool:
        pushes = [
            pool.submit(push, client(url, Path(trust)), *layer, int(chunk) or None)
            for layer in layers
        ]
        for one in pushes:
            one.result()
    result = {"seconds": time.monotonic() - begun, "digests": [digest for _, digest in layers]}
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
