"""Compare pulls of a large layer: ours, the official recipe, the bare registry, the limit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks.figures import Figure, Result
from benchmarks.hardening import MIB, Layer
from benchmarks.lab import Lab
from benchmarks.peers import OPEN, Server, alone, ours, preview, recipe
from benchmarks.pusher import client, push
from benchmarks.traffic import blob, both, data, throughput

SIZE, CLIENTS, ROUNDS, SECONDS = 256 * MIB, (1, 4, 64), 5, 3
RECIPE, ALONE, STATIC = (
    "nginx, the official recipe",
    "the registry's own TLS",
    "nginx, a static file",
)
OURS, THROUGH = "ours", "ours, by the registry (`registry_proxy_direct_blobs: false`)"
SPEED = {1: {OURS: ">= 1.35"}, 4: {OURS: ">= 1.75"}, 64: {OURS: ">= 1.75"}}
COST = {OURS: "<= 0.6"}


def measure(lab: Lab) -> list[Result]:
    """Measure MiB/s and processor time, by the number of clients."""
    with ExitStack() as stack:
        running = stack.enter_context(preview(**OPEN))
        through = stack.enter_context(preview(**OPEN, registry_proxy_direct_blobs=False))
        layer = Layer(SIZE)
        digest = layer.digest()
        for one in (running, through):
            push(client(one.settings.url, one.ca_file), layer, digest)
        official = stack.enter_context(recipe(running))
        own = stack.enter_context(alone(running))
        ways = {
            RECIPE: (official, blob(official.url, digest)),
            ALONE: (own, blob(own.url, digest)),
            OURS: (ours(running), blob(running.settings.url, digest)),
            THROUGH: (ours(through), blob(through.settings.url, digest)),
            STATIC: (official, f"{official.url}/{data(digest)}"),
        }
        return [one for count in CLIENTS for one in _figures(ways, lab.folder, count)]


def _figures(ways: dict[str, tuple[Server, str]], folder: Path, count: int) -> Iterator[Figure]:
    """Yield the speed, its ratio to the limit, and the processor time."""
    calls = {
        way: partial(throughput, *where, folder, count, SECONDS) for way, where in ways.items()
    }
    title = f"pull of {SIZE // MIB} MiB, {count} client{'s' * (count > 1)}"
    speeds, costs = both(title, calls, ROUNDS)
    yield Figure(title, "MiB/s", RECIPE, speeds, SPEED[count])
    limit = {way: speeds[way] for way in (STATIC, OURS)}
    yield Figure(f"{title}: beside the limit", "MiB/s", STATIC, limit, {OURS: ">= 0.92"})
    yield Figure(f"{title}: processor time a GB", "s", RECIPE, costs, COST)
