"""Compare deploys with a shell script, their baseline, and with ordinary roles."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

from benchmarks import idiom
from benchmarks.figures import Figure, Result, Way, interleaved
from benchmarks.lab import Bench, Lab
from benchmarks.scripts import Script
from testhosts.hosts import Host

ROUNDS, FRESH = 5, 3
SCRIPT, OURS = "shell script, one ssh connection", "`holdfast deploy`"
ROLES, PING = "about 50 tasks with builtin modules", "one-ping playbook"
FASTER = "the same tasks, mitogen"
NOTE = (
    "Each way has a test host of its own. The script sends the very files of a deploy; both it and"
    " the tasks end with a request without a login and one with. Packages are present."
)


def measure(lab: Lab) -> list[Result]:
    """Measure unchanged and fresh hosts, each in several ways."""
    bench = lab.bench
    bench.deploy()
    script = Script(bench)
    return [_nothing(lab, bench, script), _fresh(lab, script)]


def _nothing(lab: Lab, bench: Bench, script: Script) -> Figure:
    other, roles = lab.host(1), idiom.bench(lab.folder / "roles", lab.host(2))
    script.fresh(other)
    idiom.play(roles)
    ways: dict[str, Way] = {
        OURS: bench.deploy,
        PING: bench.ping,
        SCRIPT: partial(script.nothing, other),
        ROLES: partial(idiom.play, roles),
    }
    if idiom.MITOGEN:
        ways[FASTER] = partial(idiom.play, roles, mitogen=True)
    samples = interleaved("nothing to do", ways, ROUNDS)
    return Figure("nothing to do", "s", OURS, samples, {ROLES: ">= 20"}, NOTE)


def _fresh(lab: Lab, script: Script) -> Figure:
    numbers = count(3)

    def on_new_host(work: Callable[[Path, Host], float]) -> float:
        number = next(numbers)
        host = lab.host(number)
        try:
            return work(lab.folder / f"fresh{number}", host)
        finally:
            host.down()

    ways: dict[str, Way] = {
        SCRIPT: partial(on_new_host, lambda _, host: script.fresh(host)),
        OURS: partial(on_new_host, lambda folder, host: Bench(folder, host).deploy()),
        ROLES: partial(on_new_host, lambda folder, host: idiom.play(idiom.bench(folder, host))),
    }
    samples = interleaved("a fresh host", ways, FRESH)
    return Figure("a fresh host", "s", SCRIPT, samples, {OURS: "<= 3"})
