"""Count requests that fail while generations, binaries and certificates change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmarks import certificates
from benchmarks.figures import Result, Table, say
from benchmarks.lab import Bench, Lab
from benchmarks.load import load

SWAPS, CHANGES = 20, 5
LEVELS = ("error", "info")


def measure(lab: Lab) -> list[Result]:
    """Count failed requests of 2 pulling, 2 chunk-pushing and 2 reconnecting clients."""
    bench = lab.bench
    bench.deploy()
    older = {**dict.fromkeys(bench.newer), "registry_distribution_source": "package"}
    swaps: list[dict[str, object]] = [{"registry_log_level": LEVELS[n % 2]} for n in range(SWAPS)]
    changes: list[dict[str, object]] = [{} if n % 2 else dict(older) for n in range(CHANGES)]
    rows = [
        _count(bench, f"{SWAPS} generation swaps", _deploys(bench, swaps)),
        _count(bench, f"{CHANGES} changes of the binary, 2.8.3 ↔ 3.1.1", _deploys(bench, changes)),
    ]
    bench.write()
    bench.deploy()
    turns = certificates.turns(bench, certificates.RENEWALS)
    what = f"{certificates.RENEWALS} renewals, {certificates.ROTATIONS} changes of the authority"
    rows.append(_count(bench, what, turns))
    columns = ["under 6 clients", "pulls", "pushes", "visits", "failed", "slowest"]
    note = (
        "2 clients pull 4 MiB, 2 push 4 MiB in chunks on keep-alive connections, 2 open a"
        " connection for each request; none retries."
    )
    return [Table("swaps", columns, rows, note)]


def _deploys(bench: Bench, changes: Sequence[dict[str, object]]) -> Iterator[None]:
    for change in changes:
        bench.write(**change)
        bench.deploy()
        yield


def _count(bench: Bench, what: str, steps: Iterable[None]) -> list[str]:
    with load(bench.client, visitors=2) as counts:
        for number, _ in enumerate(steps, 1):
            say(f"{what}: {number}")
    for failure in counts.failures[:3]:
        say(failure)
    done = (counts.pulls, counts.pushes, counts.visits, len(counts.failures))
    return [what, *map(str, done), f"{counts.slowest:.1f} s"]
