"""Measure small requests on keep-alive connections: manifests, blobs of 4 KiB and 1 MiB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    digest_of,
    two_layer_image,
)

from benchmarks.figures import Figure, Result
from benchmarks.hardening import MIB, Layer
from benchmarks.lab import Lab
from benchmarks.peers import OPEN, Server, alone, ours, preview, recipe
from benchmarks.pulls import ALONE, OURS, RECIPE, STATIC, THROUGH
from benchmarks.pusher import REPOSITORY, SMALL, client, push, put
from benchmarks.traffic import blob, both, data, rate

CONNECTIONS, ROUNDS, SECONDS = 8, 5, 2
GOALS = {"4 KiB blob": {OURS: ">= 6"}, "1 MiB blob": {}, "manifest by tag": {OURS: ">= 1.4"}}


def measure(lab: Lab) -> list[Result]:
    """Measure requests/s and processor time by kind of request."""
    with ExitStack() as stack:
        running = stack.enter_context(preview(**OPEN))
        through = stack.enter_context(preview(**OPEN, registry_proxy_direct_blobs=False))
        layer = Layer(MIB)
        for one in (through, running):
            paths = _filled(client(one.settings.url, one.ca_file), layer)
        official = stack.enter_context(recipe(running))
        servers = {
            RECIPE: official,
            ALONE: stack.enter_context(alone(running)),
            OURS: ours(running),
            THROUGH: ours(through),
        }
        found: list[Result] = []
        for what, (path, file) in paths.items():
            ways = {way: (one, f"{one.url}{path}") for way, one in servers.items()}
            if not file:
                del ways[THROUGH]
            else:
                ways[STATIC] = (official, f"{official.url}/{file}")
            found += _figures(what, ways, lab.folder)
        return found


def _filled(to: Client, layer: Layer) -> dict[str, tuple[str, str]]:
    """Push the requested objects; return the URL path and the storage path of each."""
    small = digest_of(SMALL)
    put(to, SMALL, small)
    push(to, layer, large := layer.digest())
    to.push(REPOSITORY, "latest", two_layer_image("bench"))
    return {
        "4 KiB blob": (blob("", small), data(small)),
        "1 MiB blob": (blob("", large), data(large)),
        "manifest by tag": (f"/v2/{REPOSITORY}/manifests/latest", ""),
    }


def _figures(what: str, ways: dict[str, tuple[Server, str]], folder: Path) -> Iterator[Figure]:
    calls = {
        way: partial(rate, *where, folder, CONNECTIONS, SECONDS) for way, where in ways.items()
    }
    rates, costs = both(what, calls, ROUNDS)
    title = f"{what}, {CONNECTIONS} connections"
    yield Figure(title, "requests/s", RECIPE, rates, GOALS[what])
    yield Figure(f"{title}: processor time a request", "ms", RECIPE, costs)
