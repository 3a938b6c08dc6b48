"""Compare pushes of a large layer: ours, the official recipe, and the bare registry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks.figures import Figure, Result, Table
from benchmarks.hardening import MIB
from benchmarks.lab import Lab
from benchmarks.peers import OPEN, Server, alone, ours, preview, recipe
from benchmarks.processes import tree
from benchmarks.pulls import ALONE, OURS, RECIPE
from benchmarks.traffic import Measured, both, data, pushed

SIZE, CHUNK, CLIENTS, ROUNDS = 256 * MIB, 16, (1, 4), 5
GOALS = {OURS: ">= 1.5"}


def measure(_: Lab) -> list[Result]:
    """Measure MiB/s and processor time by request and clients, and the bytes written to disk."""
    with ExitStack() as stack:
        running = stack.enter_context(preview(**OPEN))
        servers = {
            RECIPE: stack.enter_context(recipe(running)),
            ALONE: stack.enter_context(alone(running)),
            OURS: ours(running),
        }
        found: list[Result] = []
        for chunk in (None, CHUNK):
            for count in CLIENTS:
                found += _figures(servers, running.scratch, chunk, count)
        return [*found, _written(servers, running.scratch)]


def _figures(
    servers: dict[str, Server], scratch: Path, chunk: int | None, count: int
) -> Iterator[Figure]:
    how = f"in chunks of {chunk} MiB" if chunk else "in one request"
    title = f"push of {SIZE // MIB} MiB {how}, {count} client{'s' * (count > 1)}"
    ways = {way: partial(push_once, one, scratch, count, chunk) for way, one in servers.items()}
    speeds, costs = both(title, ways, ROUNDS)
    yield Figure(title, "MiB/s", RECIPE, speeds, GOALS)
    yield Figure(f"{title}: processor time a GB", "s", RECIPE, costs)


def push_once(server: Server, scratch: Path, count: int = 1, chunk: int | None = None) -> Measured:
    """Push new layers, and remove them."""
    trust = scratch / "trust/ca.crt"
    measured, digests = pushed(server, trust, scratch / "trust", [SIZE] * count, chunk)
    for digest in digests:
        (scratch / "images" / data(digest)).unlink()
    return measured


def _written(servers: dict[str, Server], scratch: Path) -> Table:
    rows = []
    for way, server in servers.items():
        pids = (server.proxy, server.registry)
        before = [_bytes(pid) for pid in pids]
        push_once(server, scratch)
        after = [_bytes(pid) for pid in pids]
        counts = [(end - begun) / MIB for begun, end in zip(before, after, strict=True)]
        rows.append([way, *(f"{count:.0f} MiB" for count in counts)])
    columns = [f"one push of {SIZE // MIB} MiB writes to the disk", "proxy", "registry"]
    return Table("written", columns, rows)


def _bytes(pid: int | None) -> int:
    """Return the bytes that a process and its children wrote to the disk so far."""
    texts = [Path(f"/proc/{one}/io").read_text() for one in (tree(pid) if pid else [])]
    return sum(int(text.split("\nwrite_bytes: ")[1].split()[0]) for text in texts)
