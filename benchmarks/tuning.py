"""Measure each choice of the proxy and the registry against its alternatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    digest_of,
    two_layer_image,
)

from benchmarks.figures import Figure, Result, Table
from benchmarks.hardening import MIB, Layer
from benchmarks.lab import Lab
from benchmarks.nginx_variants import (
    AS_RENDERED,
    BODIES,
    BUFFERS,
    COLLECTED,
    FILES,
    HTTP2,
    QUESTIONS,
    TICKETS,
    Change,
    connections,
    crane,
    peak,
    variants,
)
from benchmarks.peers import OPEN, Server, alone, ours, preview
from benchmarks.pusher import REPOSITORY, SMALL, client, push, put
from benchmarks.pushes import push_once
from benchmarks.traffic import Measured, blob, both, rate, throughput, wrk
from holdfast.preview import Preview

SIZE, ROUNDS, SECONDS, HANDSHAKES = 256 * MIB, 5, 2, 200
CROWD = 200
MANIFEST = f"/v2/{REPOSITORY}/manifests/latest"
THROUGH = {"registry_proxy_direct_blobs": False}


def measure(lab: Lab) -> list[Result]:
    """Measure large layers, small requests, new connections, a Go client, the bare registry."""
    with ExitStack() as stack:
        base = stack.enter_context(preview(**OPEN))
        layer = Layer(SIZE)
        to, digest = client(base.settings.url, base.ca_file), layer.digest()
        push(to, layer, digest)
        small = digest_of(SMALL)
        put(to, SMALL, small)
        to.push(REPOSITORY, "latest", two_layer_image("bench"))
        images, folder = base.scratch / "images", lab.folder
        pulls = partial(_pulls, images, folder, digest)
        return [
            *pulls("a layer from the disk", FILES),
            *pulls("a layer by the registry", BUFFERS, **THROUGH),
            *_pushes(images),
            *_questions(images, folder),
            *_connections(images),
            *_go(images, digest),
            *_collections(base, folder, small),
        ]


def _figures(
    title: str, unit: str, each: str, calls: Mapping[str, Callable[[], Measured]]
) -> Iterator[Figure]:
    done, costs = both(title, calls, ROUNDS)
    base = next(iter(calls))
    yield Figure(f"tuning: {title}", unit, base, done)
    yield Figure(
        f"tuning: {title}, processor time {each.rpartition(', ')[0]}",
        each.rpartition(", ")[2],
        base,
        costs,
    )


def _pulls(
    images: Path,
    folder: Path,
    digest: str,
    what: str,
    changes: Mapping[str, Change],
    **more: object,
) -> Iterator[Figure]:
    with ExitStack() as stack:
        found = variants(stack, images, changes, **more)
        calls = {
            way: partial(throughput, ours(one), blob(one.settings.url, digest), folder, 4, SECONDS)
            for way, one in found.items()
        }
        yield from _figures(f"{what}, 4 clients", "MiB/s", "of a GB, s", calls)


def _pushes(images: Path) -> Iterator[Figure]:
    with ExitStack() as stack:
        found = variants(stack, images, BODIES)
        calls = {way: partial(push_once, ours(one), one.scratch) for way, one in found.items()}
        yield from _figures("push of a layer", "MiB/s", "of a GB, s", calls)


def _questions(images: Path, folder: Path) -> Iterator[Figure]:
    with ExitStack() as stack:
        found = variants(stack, images, QUESTIONS)
        calls = {
            way: partial(rate, ours(one), one.settings.url + MANIFEST, folder, 8, SECONDS)
            for way, one in found.items()
        }
        yield from _figures("manifests, 8 connections", "requests/s", "of one, ms", calls)


def _connections(images: Path) -> Iterator[Figure]:
    """Measure new connections without and with resumption of an earlier session."""
    with ExitStack() as stack:
        found = variants(stack, images, TICKETS)
        rendered, tickets = found[AS_RENDERED], found["tickets"]
        calls = {
            "as rendered, not resumed": partial(_connect, rendered, resumed=False),
            "as rendered, resumed": partial(_connect, rendered, resumed=True),
            "tickets, resumed": partial(_connect, tickets, resumed=True),
        }
        yield from _figures("new connections", "connections/s", "of nginx, ms", calls)


def _connect(one: Preview, *, resumed: bool) -> Measured:
    return connections(one, HANDSHAKES, resumed=resumed)


def _go(images: Path, digest: str) -> Iterator[Figure]:
    with ExitStack() as stack:
        found = variants(stack, images, HTTP2)
        calls = {way: partial(crane, one, digest, SIZE) for way, one in found.items()}
        yield from _figures("a layer by crane, in Go", "MiB/s", "of a GB, s", calls)


def _collections(base: Preview, folder: Path, digest: str) -> Iterator[Result]:
    """Measure the bare registry by the frequency of its garbage collector."""
    with ExitStack() as stack:
        found: dict[str, Server] = {
            way: stack.enter_context(alone(base, None, **own)) for way, own in COLLECTED.items()
        }
        for what, path in (("manifests", MANIFEST), ("blobs of 4 KiB", blob("", digest))):
            calls = {
                way: partial(rate, one, one.url + path, folder, 8, SECONDS)
                for way, one in found.items()
            }
            yield from _figures(f"{what}, the registry alone", "requests/s", "of one, ms", calls)
        rows = []
        for way, one in found.items():
            pull = partial(wrk, blob(one.url, digest), folder, CROWD, SECONDS)
            rows.append([way, f"{peak(one.registry, pull):.0f} MiB"])
        title = f"the registry alone, {CROWD} clients that pull 4 KiB"
        yield Table("memory", [title, "most memory"], rows)
