"""Compare a pull through a mirror with the same pull from its upstream."""

from __future__ import annotations

import os
import time

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    digest_of,
    over_tls,
)

from benchmarks.figures import Figure, Result, say
from benchmarks.lab import Lab
from benchmarks.peers import preview
from holdfast.preview import Preview

ROUNDS = 7
SIZES = {"64 MiB blob": 64 << 20, "1 MiB blob": 1 << 20, "4 KiB blob": 4 << 10}
LOGIN = {"username": "alice", "password": "correct-horse-battery"}
USERS = [{"name": LOGIN["username"], "password": LOGIN["password"]}]


def _client(running: Preview) -> Client:
    port, trust = running.settings.proxy.port, str(running.ca_file)
    return over_tls("localhost", port, cafile=trust, timeout=60).login(**LOGIN)


def _pull(client: Client, path: str, size: int) -> float:
    """Return the milliseconds of a pull."""
    begun = time.monotonic()
    reply = client.request("GET", path)
    taken = (time.monotonic() - begun) * 1000
    assert (reply.status, len(reply.body)) == (200, size), reply.status
    return taken


def _push(client: Client, content: bytes) -> str:
    place = client.request("POST", "/v2/library/thing/blobs/uploads/").headers["Location"]
    digest = digest_of(content)
    assert client.request("PUT", f"{place}&digest={digest}", content).status == 201
    return digest


def measure(_: Lab) -> list[Result]:
    """Pull blobs from the upstream, through a mirror without them, and through it again."""
    with preview(registry_auth_users=USERS) as source:
        hub = {"name": "hub", "url": source.settings.url, **LOGIN}
        trust = {"registry_service_ca": source.ca_file.read_text()}
        with preview(registry_auth_users=USERS, **trust, registry_mirrors=[hub]) as near:
            upstream, mirrored = _client(source), _client(near)
            return [_figure(name, size, upstream, mirrored) for name, size in SIZES.items()]


def _figure(name: str, size: int, upstream: Client, mirrored: Client) -> Figure:
    """Measure the three ways of one blob in order: the last needs the one before."""
    rows = [_round(upstream, mirrored, size) for _ in range(ROUNDS)]
    say(f"mirror: {name}")
    ways = ("from the upstream", "through a mirror that lacks it", "again")
    samples = {way: list(column) for way, column in zip(ways, zip(*rows, strict=True), strict=True)}
    return Figure(f"mirror: {name}", "ms", ways[0], samples)


def _round(upstream: Client, mirrored: Client, size: int) -> tuple[float, float, float]:
    path = f"library/thing/blobs/{_push(upstream, os.urandom(size))}"
    direct = _pull(upstream, f"/v2/{path}", size)
    miss = _pull(mirrored, f"/v2/hub/{path}", size)
    # The mirror writes what it fetched after it has sent it.
    time.sleep(0.5)
    return direct, miss, _pull(mirrored, f"/v2/hub/{path}", size)
