"""Pulls and pushes over TLS by clients that cost little, and what those who serve use for them."""

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
"""What was done in a second, and the processor time that each of it took those who serve."""


def blob(url: str, digest: str) -> str:
    """Return the address of a blob."""
    return f"{url}/v2/{REPOSITORY}/blobs/{digest}"


def data(digest: str) -> str:
    """Return where a blob lies in the storage."""
    return f"docker/registry/v2/blobs/sha256/{digest[7:9]}/{digest[7:]}/data"


def as_go_does(folder: Path) -> dict[str, str]:
    """Return an environment in which clients offer ciphers as those of containers do, in Go."""
    config = folder / "openssl.cnf"
    config.write_text(OFFERED)
    return {**os.environ, "OPENSSL_CONF": str(config)}


def wrk(url: str, folder: Path, connections: int, seconds: float, *more: str) -> dict[str, Any]:
    """Ask for the same thing over keep-alive connections; nothing may fail."""
    script = folder / "counted.lua"
    script.write_text(COUNTED)
    argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", *more]
    argv += ["-s", str(script), url]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=as_go_does(folder))
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
    server: Server, trust: Path, folder: Path, sizes: list[int], chunk: int | None
) -> tuple[Measured, list[str]]:
    """Push layers at once; return MiB/s and processor seconds of a GB, and what they are called."""
    size, before = sum(sizes), cpu(*server.pids)
    argv = [sys.executable, "-m", "benchmarks.pusher", server.url, str(trust), str(chunk or 0)]
    collections = str(Path(__file__).parents[1] / ".collections")
    own = {**as_go_does(folder), "PYTHONPATH": collections}
    done = subprocess.run(
        [*argv, *map(str, sizes)], env=own, check=True, capture_output=True, text=True
    )
    told = json.loads(done.stdout)
    used = cpu(*server.pids) - before
    return (size / MIB / told["seconds"], used / size * GB), told["digests"]


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
