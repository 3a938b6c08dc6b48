"""Measure pushes under all controls: eight in parallel at a cold proxy, one large layer."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import RegistryError

from benchmarks.figures import Figure, Result, Table, say
from benchmarks.lab import Bench, Lab

ROUNDS = int(os.environ.get("HOLDFAST_BENCH_ROUNDS", "6"))
CLIENTS = 8
MIB = 1 << 20
SIZE, LARGE = 100 * MIB, 2048 * MIB
PROFILES = ("off", "host")
LAYERS = "find /srv/registry -type f -size +50M"
PIECE = os.urandom(MIB)
# Runs on the host until its input ends: memory and writes of a user's processes, in bytes.
WATCH = """
import json, select, subprocess, sys
from pathlib import Path
def pids(user):
    said = subprocess.run(["pgrep", "-u", user], capture_output=True, text=True).stdout
    return [Path("/proc", pid) for pid in said.split()]
def total(user, file, key, unit):
    lines = [l for p in pids(user) for l in (p / file).read_text().splitlines()]
    return sum(int(l.split()[1]) * unit for l in lines if l.startswith(key + ":"))
users = ["holdfast-proxy", "holdfast-registry"]
memory = {u: [] for u in users}
before = {u: total(u, "io", "write_bytes", 1) for u in users}
while True:
    for u in users:
        memory[u].append(total(u, "status", "VmRSS", 1024))
    if select.select([sys.stdin], [], [], 0.2)[0]:
        break
    if len(memory[users[0]]) == 1:
        print("watching", flush=True)
print(json.dumps({u: {"first": memory[u][0], "most": max(memory[u]),
    "written": total(u, "io", "write_bytes", 1) - before[u]} for u in users}))
"""


@dataclass(frozen=True)
class Layer:
    """A layer of new bytes, which are not held in memory."""

    size: int
    """Size in bytes, a multiple of 1 MiB."""
    mark: bytes = field(default_factory=lambda: os.urandom(16))

    def pieces(self) -> Iterator[bytes]:
        """Return the content, 1 MiB at a time."""
        yield self.mark + PIECE[len(self.mark) :]
        for _ in range(self.size // MIB - 1):
            yield PIECE

    def digest(self) -> str:
        """Return the digest of the content."""
        found = hashlib.sha256()
        for piece in self.pieces():
            found.update(piece)
        return f"sha256:{found.hexdigest()}"


def measure(lab: Lab) -> list[Result]:
    """Push under the profiles `off` and `host` in turns, each twice in a row to save a deploy."""
    bench = lab.bench
    found: dict[str, list[tuple[float, int]]] = {name: [] for name in PROFILES}
    for number in range(ROUNDS):
        say(f"hardening: round {number + 1} of {ROUNDS}")
        for profile in PROFILES if number % 2 == 0 else PROFILES[::-1]:
            _deploy(bench, profile)
            found[profile].append(_round(bench))
    speeds = {n: [CLIENTS * SIZE / MIB / s for s, _ in rounds] for n, rounds in found.items()}
    failed = [
        f"profile `{name}`: {sum(count for _, count in rounds)} of {CLIENTS * len(rounds)}"
        for name, rounds in found.items()
    ]
    title = f"{CLIENTS} layers of {SIZE // MIB} MiB, pushed at once, proxy just started"
    note = f"Pushes that failed: {', '.join(failed)}."
    return [Figure(title, "MiB/s", "off", speeds, note=note), _larges(bench)]


def _larges(bench: Bench) -> Table:
    rows = []
    for profile in PROFILES:
        _deploy(bench, profile)
        seconds, seen, stored = _large(bench)
        memory = [
            f"{one['first'] / MIB:.0f} to {one['most'] / MIB:.0f} MiB of memory,"
            f" {one['written'] / MIB:.0f} MiB written"
            for one in seen.values()
        ]
        rows.append(
            [f"`{profile}`", f"{LARGE / MIB / seconds:.0f}", *memory, f"{stored / MIB:.0f} MiB"]
        )
    columns = [f"one layer of {LARGE // MIB} MiB, profile", "MiB/s", "proxy", "registry", "stored"]
    return Table("large", columns, rows)


def _deploy(bench: Bench, profile: str) -> None:
    own = {"registry_hardening_profile": profile, "registry_hardening_ssh_per_minute": 6000}
    bench.write(**own)
    bench.deploy()


def _round(bench: Bench) -> tuple[float, int]:
    """Return the seconds of all pushes, and the number of failed ones."""
    layers = [(layer, layer.digest()) for layer in (Layer(SIZE) for _ in range(CLIENTS))]
    bench.host.run("systemctl restart holdfast-proxy.service")
    begun = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        whole = list(pool.map(lambda each: _push(bench, *each), layers))
    seconds = time.monotonic() - begun
    return seconds, CLIENTS - min(sum(whole), _stored(bench) // SIZE)


def _large(bench: Bench) -> tuple[float, dict[str, dict[str, int]], int]:
    """Return seconds, the I/O of the processes, and the stored bytes of a large push."""
    layer = Layer(LARGE)
    digest = layer.digest()
    argv = [*bench.host.ssh_command(), f"python3 -c '{WATCH}'"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watch:
        assert watch.stdout is not None
        assert watch.stdout.readline() == "watching\n"
        begun = time.monotonic()
        assert _push(bench, layer, digest), "the large layer was not taken"
        seconds = time.monotonic() - begun
        seen: dict[str, Any] = json.loads(watch.communicate()[0])
    return seconds, seen, _stored(bench)


def _stored(bench: Bench) -> int:
    """Return the size of the layers in the data directory in bytes, and delete them."""
    said = bench.host.run(rf"{LAYERS} -printf '%s\n'; {LAYERS} -delete").stdout
    return sum(map(int, said.split()))


def _push(bench: Bench, layer: Layer, digest: str) -> bool:
    """Push over a new connection, without a second attempt; return True on success."""
    client = bench.client()
    try:
        place = client.request("POST", "/v2/bench/push/blobs/uploads/").headers["Location"]
        path = f"{place}{'&' if '?' in place else '?'}digest={digest}"
        length = {"Content-Length": str(layer.size)}
        status = client.request("PUT", path, layer.pieces(), length).status
    except RegistryError as error:
        print(error)
        return False
    finally:
        client.close()
    return status == 201
