"""Deploys beside the one-ping playbook, the least that Ansible can do."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures import Figure, Result, interleaved
from benchmarks.lab import Lab

ROUNDS = 7
PING = "one-ping playbook"


def measure(lab: Lab) -> list[Result]:
    """Deploy nothing and a changed setting, and ping, each over a cold connection."""
    bench = lab.bench
    first, ping = bench.deploy(), bench.ping()
    levels = _alternating()

    def change() -> float:
        bench.write(registry_log_level=next(levels))
        return bench.deploy()

    ways = {PING: bench.ping, "nothing to do": bench.deploy, "a changed setting, swap": change}
    samples = interleaved("deploys", ways, ROUNDS)
    goals = {"nothing to do": "<= 1.2", "a changed setting, swap": "<= 3"}
    once = {PING: [ping], "first deploy, packages present": [first]}
    return [
        Figure("deploy of one host", "s", PING, samples, goals),
        Figure("a fresh host", "s", PING, once, {"first deploy, packages present": "<= 5"}),
    ]


def _alternating() -> Iterator[str]:
    while True:
        yield from ("error", "warn")
