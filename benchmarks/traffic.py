"""Pulls and pushes over TLS by clients that cost little, and what those who serve use for them."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    Client,
    over_tls,
)

from benchmarks.figures import interleaved
from benchmarks.hardening import MIB, Layer
from benchmarks.peers import Server
from benchmarks.processes import cpu

REPOSITORY = "bench/thing"
ACCEPT = "Accept: application/vnd.oci.image.manifest.v1+json"
GB = 1e9
# The words that wrk prints are rounded: what it counted, exactly.
COUNTED = """
done = function(all, latency)
  local failed = 0
  for _, count in pairs(all.errors) do failed = failed + count end
  print(string.format('{"seconds": %f, "requests": %d, "bytes": %d, "failed": %d}',
    all.duration / 1e6, all.requests, all.bytes, failed))
end
"""

Measured = tuple[float, float]
"""What was done in a second, and the processor time that each of it took those who serve."""


def blob(url: str, digest: str) -> str:
    """Return the address of a blob."""
    return f"{url}/v2/{REPOSITORY}/blobs/{digest}"


def data(digest: str) -> str:
    """Return where a blob lies in the storage."""
    return f"docker/registry/v2/blobs/sha256/{digest[7:9]}/{digest[7:]}/data"


def client(url: str, trust: Path) -> Client:
    """Return a client of a server on this machine."""
    return over_tls("localhost", urlsplit(url).port or 443, cafile=str(trust), timeout=300)


def push(to: Client, layer: Layer, digest: str, chunk: int | None = None) -> None:
    """Push a layer over one connection: in one request, or in chunks of so many MiB."""
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


def wrk(url: str, folder: Path, connections: int, seconds: float, *more: str) -> dict[str, Any]:
    """Ask for the same thing over keep-alive connections; nothing may fail."""
    script = folder / "counted.lua"
    script.write_text(COUNTED)
    argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", *more]
    done = subprocess.run([*argv, "-s", script, url], capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert not told["failed"], f"{url}: {done.stdout}"
    return told


def throughput(
    server: Server, url: str, folder: Path, connections: int, seconds: float
) -> Measured:
    """Return MiB/s, and the seconds of processor time of a GB."""
    before = cpu(*server.pids)
    told = wrk(url, folder, connections, seconds)
    used = cpu(*server.pids) - before
    return told["bytes"] / MIB / told["seconds"], used / told["bytes"] * GB


def rate(server: Server, url: str, folder: Path, connections: int, seconds: float) -> Measured:
    """Return requests/s, and the milliseconds of processor time of one."""
    before = cpu(*server.pids)
    told = wrk(url, folder, connections, seconds, "-H", ACCEPT)
    used = cpu(*server.pids) - before
    return told["requests"] / told["seconds"], used / told["requests"] * 1000


def pushed(
    server: Server, trust: Path, layers: list[tuple[Layer, str]], chunk: int | None
) -> Measured:
    """Push layers at once, each over a connection of its own; return MiB/s and seconds a GB."""
    size = sum(layer.size for layer, _ in layers)
    before, begun = cpu(*server.pids), time.monotonic()
    with ThreadPoolExecutor(len(layers)) as pool:
        list(pool.map(lambda one: push(client(server.url, trust), one[0], one[1], chunk), layers))
    seconds = time.monotonic() - begun
    return size / MIB / seconds, (cpu(*server.pids) - before) / size * GB


def both(
    what: str, ways: Mapping[str, Callable[[], Measured]], rounds: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Take all ways in turn; return what each did in a second, and what each of it took."""
    costs: dict[str, list[float]] = {way: [] for way in ways}

    def once(way: str) -> float:
        done, cost = ways[way]()
        costs[way].append(cost)
        return done

    return interleaved(what, {way: partial(once, way) for way in ways}, rounds), costs
