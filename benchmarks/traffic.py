"""Run pulls and pushes over TLS with cheap clients, and measure the servers' cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.figures import interleaved
from benchmarks.hardening import MIB
from benchmarks.peers import Server
from benchmarks.processes import cpu
from benchmarks.pusher import REPOSITORY

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
# OpenSSL would ask for AES-256 first.
OFFERED = """
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = offered
[offered]
Ciphersuites = TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256
"""

Measured = tuple[float, float]
"""Rate a second, and the servers' processor time for each unit."""


def blob(url: str, digest: str) -> str:
    """Return the URL of a blob."""
    return f"{url}/v2/{REPOSITORY}/blobs/{digest}"


def data(digest: str) -> str:
    """Return the path of a blob in the storage."""
    return f"docker/registry/v2/blobs/sha256/{digest[7:9]}/{digest[7:]}/data"


def as_go_does(folder: Path) -> dict[str, str]:
    """Return an environment in which clients offer the ciphers of Go, as container tools do."""
    config = folder / "openssl.cnf"
    config.write_text(OFFERED)
    return {**os.environ, "OPENSSL_CONF": str(config)}


def wrk(
    url: str, folder: Path, connections: int, seconds: float, *more: str, requests: str = ""
) -> dict[str, Any]:
    """Repeat one request over keep-alive connections; nothing may fail.

    `requests` is the Lua code of requests that differ.
    """
    script = folder / "counted.lua"
    script.write_text(requests + COUNTED)
    argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", *more]
    argv += ["-s", str(script), url]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=as_go_does(folder))
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert not result["failed"], f"{url}: {done.stdout}"
    return result


def throughput(
    server: Server, url: str, folder: Path, connections: int, seconds: float
) -> Measured:
    """Return MiB/s, and the seconds of processor time of a GB."""
    before = cpu(*server.pids)
    result = wrk(url, folder, connections, seconds)
    used = cpu(*server.pids) - before
    return result["bytes"] / MIB / result["seconds"], used / result["bytes"] * GB


def rate(server: Server, url: str, folder: Path, connections: int, seconds: float) -> Measured:
    """Return requests/s, and the milliseconds of processor time of one."""
    before = cpu(*server.pids)
    result = wrk(url, folder, connections, seconds, "-H", ACCEPT)
    used = cpu(*server.pids) - before
    return result["requests"] / result["seconds"], used / result["requests"] * 1000


def pushed(
    server: Server, trust: Path, folder: Path, sizes: list[int], chunk: int | None
) -> tuple[Measured, list[str]]:
    """Push layers in parallel; return MiB/s, processor seconds of a GB, and digests."""
    size, before = sum(sizes), cpu(*server.pids)
    argv = [sys.executable, "-m", "benchmarks.pusher", server.url, str(trust), str(chunk or 0)]
    done = subprocess.run(
        [*argv, *map(str, sizes)],
        env=as_go_does(folder),
        check=True,
        capture_output=True,
        text=True,
    )
    result = json.loads(done.stdout)
    used = cpu(*server.pids) - before
    return (size / MIB / result["seconds"], used / size * GB), result["digests"]


def both(
    what: str, ways: Mapping[str, Callable[[], Measured]], rounds: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Run all ways in turns; return the rate and the cost of each."""
    costs: dict[str, list[float]] = {way: [] for way in ways}

    def once(way: str) -> float:
        done, cost = ways[way]()
        costs[way].append(cost)
        return done

    return interleaved(what, {way: partial(once, way) for way in ways}, rounds), costs
