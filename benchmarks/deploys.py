"""Compare deploys with the one-ping playbook, the minimum for Ansible."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from itertools import cycle

from benchmarks.figures import Figure, Result, Table, Way, interleaved
from benchmarks.lab import PASSWORD, Bench, Lab

ROUNDS, FRESH = 7, 3
PING, FIRST = "one-ping playbook", "first deploy, packages present"
CHANGE = "a changed setting, swap"
ANSIBLE, PYTHON = "`ansible-playbook --version`", "`python -c pass`"
LEVELS = ("error", "warn")
HASHES = ("$2b$10$" + "a" * 53, "$2b$10$" + "b" * 53)
START_SECONDS = 0.15
"""Goal for the seconds of the command's own process."""


def measure(lab: Lab) -> list[Result]:
    """Measure deploys without a change, of a setting and of a user, a rollback, fresh hosts."""
    bench = lab.bench
    changed = changes(bench)
    bench.deploy()
    changed[CHANGE]()  # leaves two generations, so that there is one before
    ways: dict[str, Way] = {PING: bench.ping, "nothing to do": bench.deploy, **changed}
    samples = interleaved("deploys", ways, ROUNDS)
    goals = {"nothing to do": "<= 1.2"} | dict.fromkeys(list(changed)[:2], "<= 3")
    figure = Figure("deploy of one host", "s", PING, samples, goals)
    return [figure, _fresh(lab), *_alone(bench)]


def changes(bench: Bench) -> dict[str, Way]:
    """Return ways that change a host, each from an unchanged state to another."""
    state: dict[str, object] = {}

    def change(name: str, values: Iterator[object]) -> float:
        state[name] = next(values)
        bench.write(**state)
        return bench.deploy()

    def back() -> float:
        seconds = bench.holdfast("rollback")
        bench.deploy()  # the inventory's own state, for the next way
        return seconds

    return {
        CHANGE: partial(change, "registry_log_level", cycle(LEVELS)),
        "a changed user": partial(change, "registry_auth_users", cycle(map(_users, HASHES))),
        "`holdfast rollback`": back,
    }


def _users(hashed: str) -> list[dict[str, str]]:
    own = {"name": "alice", "password": PASSWORD}
    return [own, {"name": "bob", "password_hash": hashed}]


def _fresh(lab: Lab) -> Figure:
    """Deploy to hosts that have only the packages."""
    once: dict[str, list[float]] = {PING: [], FIRST: []}
    for number in range(1, FRESH + 1):
        folder = lab.folder / f"fresh{number}"
        bench = Bench(folder, lab.host(number))
        once[PING].append(bench.ping())
        once[FIRST].append(bench.deploy())
        bench.host.down()
    return Figure("a fresh host", "s", PING, once, {FIRST: "<= 5"})


def _alone(bench: Bench) -> Iterator[Result]:
    """Measure the command's start and a check of the settings, which contact no host."""
    shown, one, check = "`holdfast --help`", "`holdfast deploy --help`", "`holdfast check`"
    ways = {
        ANSIBLE: partial(bench.time, bench.program("ansible-playbook"), "--version"),
        PYTHON: partial(bench.time, sys.executable, "-c", "pass"),
        shown: partial(bench.time, sys.executable, "-m", "holdfast", "--help"),
        one: partial(bench.time, sys.executable, "-m", "holdfast", "deploy", "--help"),
        check: partial(bench.holdfast, "check"),
    }
    figure = Figure("no host contacted", "s", ANSIBLE, interleaved("alone", ways, ROUNDS))
    yield figure
    own = figure.median(one) - figure.median(PYTHON)
    met = "met" if own <= START_SECONDS else "**missed**"
    columns = ["the command's own start", "seconds", "goal"]
    row = [f"{one} less {PYTHON}", f"{own:.2f}", f"<= {START_SECONDS}: {met}"]
    yield Table("start", columns, [row])
