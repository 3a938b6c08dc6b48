"""What each choice of the proxy and of the registry is worth: as rendered, beside the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    two_layer_image,
)

from benchmarks.figures import Figure, Result, Table
from benchmarks.hardening import MIB, Layer
from benchmarks.lab import Lab
from benchmarks.peers import OPEN, Server, alone, ours, preview
from benchmarks.pusher import REPOSITORY, client, push
from benchmarks.traffic import Measured, blob, both, rate, throughput, wrk
from benchmarks.variants import AS_RENDERED, Change, connections, crane, peak, variants
from holdfast.preview import Preview

SIZE, ROUNDS, SECONDS, HANDSHAKES = 256 * MIB, 5, 2, 200
MANIFEST = f"/v2/{REPOSITORY}/manifests/latest"
THROUGH = {"registry_proxy_direct_blobs": False}
FILES: dict[str, Change] = {
    "no threads": {r"aio threads=disk;": ""},
    "no threads, output_buffers 2 64k": {
        r"aio threads=disk;": "",
        r"output_buffers 2 256k;": "output_buffers 2 64k;",
    },
    "output_buffers 2 32k": {r"output_buffers 2 256k;": "output_buffers 2 32k;"},
    "output_buffers 2 1m": {r"output_buffers 2 256k;": "output_buffers 2 1m;"},
    "ssl_buffer_size 4k": {r"(ssl_session_timeout)": r"ssl_buffer_size 4k; \1"},
}
BUFFERS: dict[str, Change] = {
    "proxy_buffering off": {r"(proxy_buffers 8 128k;)": r"\1 proxy_buffering off;"},
    "8 of 32k": {
        r"proxy_buffers 8 128k;": "proxy_buffers 8 32k;",
        r"proxy_buffer_size 128k": "proxy_buffer_size 32k",
        r"busy_buffers_size 256k": "busy_buffers_size 64k",
    },
    "16 of 256k": {r"proxy_buffers 8 128k;": "proxy_buffers 16 256k;"},
}
QUESTIONS: dict[str, Change] = {
    "no connection kept to the registry": {r"http://\$registry;": "http://registry;"},
    "proxy_buffer_size 16k": {r"proxy_buffer_size 128k": "proxy_buffer_size 16k"},
    "no access log": {r"access_log /[^;]*;": "access_log off;"},
    "1 worker": {r"worker_processes auto": "worker_processes 1"},
    "4 workers": {r"worker_processes auto": "worker_processes 4"},
}
TICKETS: dict[str, Change] = {"tickets": {r"ssl_session_tickets off": "ssl_session_tickets on"}}
HTTP2: dict[str, Change] = {"HTTP/2": {r"( ssl)( default_server)?;": r"\1 http2\2;"}}
PULLS, GOGC = 64, ("100", "200", "400", "800")


def measure(lab: Lab) -> list[Result]:
    """Measure large layers, questions, new connections, a Go client, and the registry alone."""
    with ExitStack() as stack:
        base = stack.enter_context(preview(**OPEN))
        layer = Layer(SIZE)
        to, digest = client(base.settings.url, base.ca_file), layer.digest()
        push(to, layer, digest)
        to.push(REPOSITORY, "latest", two_layer_image("bench"))
        images, folder = base.scratch / "images", lab.folder
        pulls = partial(_pulls, images, folder, digest)
        return [
            *pulls("a layer from the disk", FILES),
            *pulls("a layer by the registry", BUFFERS, **THROUGH),
            *_questions(images, folder),
            *_connections(images),
            *_go(images, digest),
            *_collections(base, folder, digest),
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


def _questions(images: Path, folder: Path) -> Iterator[Figure]:
    with ExitStack() as stack:
        found = variants(stack, images, QUESTIONS)
        calls = {
            way: partial(rate, ours(one), one.settings.url + MANIFEST, folder, 8, SECONDS)
            for way, one in found.items()
        }
        yield from _figures("manifests, 8 connections", "requests/s", "of one, ms", calls)


def _connections(images: Path) -> Iterator[Figure]:
    """Measure new connections that know nothing, and such that resume an earlier one."""
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
    """Measure the registry alone by how often it collects what it no longer needs."""
    with ExitStack() as stack:
        found: dict[str, Server] = {
            f"GOGC={value}": stack.enter_context(alone(base, GOGC=value)) for value in GOGC
        }
        calls = {
            way: partial(rate, one, one.url + MANIFEST, folder, 8, SECONDS)
            for way, one in found.items()
        }
        yield from _figures("manifests, the registry alone", "requests/s", "of one, ms", calls)
        rows = []
        for way, one in found.items():
            pull = partial(wrk, blob(one.url, digest), folder, PULLS, SECONDS)
            rows.append([way, f"{peak(one.registry, pull):.0f} MiB"])
        yield Table("memory", [f"the registry alone, {PULLS} pulls at once", "most memory"], rows)
