"""Measure the growth of a deploy's time with the number of hosts."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count, pairwise
from pathlib import Path

import bcrypt
import yaml

from benchmarks.figures import Figure, Result, Table, Way, interleaved
from benchmarks.lab import PASSWORD, Bench, Lab
from benchmarks.scripts import looking, timed
from testhosts.hosts import Host

ROUNDS, CHANGES, FORKS, FEW = 5, 3, 5, 4
MANY = int(os.environ.get("HOLDFAST_BENCH_HOSTS", "30"))
INSTANCES, MEMORY_MIB = 6, 250
"""Resources of a test host: inotify instances of root, and memory."""
ONE, OURS, PINGS, SCRIPT = "1 host", "`holdfast deploy`", "one-ping playbook", "shell script"


class Fleet(Bench):
    """Inventory of several hosts; if there are more names than machines, some have two."""

    def __init__(self, folder: Path, machines: Sequence[Host]) -> None:
        self.machines, self.count = machines, len(machines)
        self._hash = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()
        super().__init__(folder, machines[0])

    def write(self, **changes: object) -> None:
        """Write the inventory of `count` hosts, with some settings changed."""
        users = [{"name": "alice", "password_hash": self._hash}]
        own = {**self.variables, **self.newer, "registry_auth_users": users, **changes}
        hosts = {f"r{n + 1}": host.inventory_vars() for n, host in enumerate(self.named())}
        inventory = {"registry": {"hosts": hosts, "vars": own}}
        (self.folder / "hosts.yml").write_text(yaml.safe_dump(inventory))

    def named(self) -> list[Host]:
        """Return the machine of each name."""
        return [self.machines[number % len(self.machines)] for number in range(self.count)]


def measure(lab: Lab) -> list[Result]:
    """Measure deploys without a change and of a setting to one, four and many hosts."""
    with ThreadPoolExecutor(FEW) as pool:
        machines = list(pool.map(lab.host, range(carried())))
    fleet = Fleet(lab.folder, machines)
    fleet.deploy()
    counts = sorted({1, FEW, MANY})
    nothing = _nothing(fleet, counts)
    changed = _changed(fleet, sorted({min(number, len(machines)) for number in counts}))
    few = {named(FEW): "<= 1.5"}
    note = (
        f"{len(machines)} test hosts, containers that share the cores of one machine;"
        f" {max(0, MANY - len(machines))} of {MANY} names are second names of them. {FORKS} forks."
    )
    mine = {named(number): nothing[OURS, number] for number in counts}
    return [
        Figure(f"nothing to do, {OURS}", "s", ONE, mine, few),
        *(_beside(nothing, number) for number in counts),
        Figure(f"a changed setting, {OURS}", "s", ONE, changed),
        _growth(nothing, counts, note),
    ]


def _nothing(fleet: Fleet, counts: Sequence[int]) -> dict[tuple[str, int], list[float]]:
    with ThreadPoolExecutor(FORKS) as pool:
        scripts = dict(zip(fleet.machines, pool.map(looking, fleet.machines), strict=True))
    works: dict[str, Way] = {
        OURS: fleet.deploy,
        PINGS: fleet.ping,
        SCRIPT: partial(_scripts, fleet, scripts),
    }

    def taken(work: Way, number: int) -> float:
        fleet.count = number
        fleet.write()
        return work()

    keys = {f"{way}, {named(n)}": (way, n) for n in counts for way in works}
    ways: dict[str, Way] = {name: partial(taken, works[way], n) for name, (way, n) in keys.items()}
    return {keys[name]: found for name, found in interleaved("fleet", ways, ROUNDS).items()}


def _changed(fleet: Fleet, counts: Sequence[int]) -> dict[str, list[float]]:
    # A value that no host has had: what was deployed to fewer hosts is not what others have.
    seconds = count(61)

    def taken(number: int) -> float:
        fleet.count = number
        fleet.write(registry_http_drain_seconds=next(seconds))
        return fleet.deploy()

    ways: dict[str, Way] = {named(number): partial(taken, number) for number in counts}
    return interleaved("fleet, a changed setting", ways, CHANGES)


def _scripts(fleet: Fleet, scripts: dict[Host, str]) -> float:
    """Check all hosts with scripts, as many in parallel as Ansible does; return the seconds."""
    begun = time.monotonic()
    with ThreadPoolExecutor(FORKS) as pool:
        list(pool.map(lambda host: timed(host, scripts[host]), fleet.named()))
    return time.monotonic() - begun


def _beside(found: dict[tuple[str, int], list[float]], number: int) -> Figure:
    samples = {way: found[way, number] for way in (PINGS, OURS, SCRIPT)}
    return Figure(f"nothing to do, {named(number)}", "s", PINGS, samples)


def _growth(found: dict[tuple[str, int], list[float]], counts: Sequence[int], note: str) -> Table:
    """Return the cost of a further host, from one count to the next."""
    steps = list(pairwise(counts))
    columns = ["a host more costs", *(f"from {a} to {b}" for a, b in steps)]
    middle = {key: Figure("", "", "", {"": samples}).median("") for key, samples in found.items()}
    rows = [
        [way, *(f"{(middle[way, b] - middle[way, a]) / (b - a):.2f} s" for a, b in steps)]
        for way in (OURS, PINGS, SCRIPT)
    ]
    return Table("growth", columns, rows, note)


def named(number: int) -> str:
    """Return the text for a number of hosts."""
    return ONE if number == 1 else f"{number} hosts"


def carried() -> int:
    """Return the number of test hosts that this machine can run, from four to the wanted one."""
    instances = int(Path("/proc/sys/fs/inotify/max_user_instances").read_text())
    lines = Path("/proc/meminfo").read_text().splitlines()
    (free,) = (int(line.split()[1]) >> 10 for line in lines if line.startswith("MemAvailable"))
    return max(FEW, min(MANY, (instances - 2 * INSTANCES) // INSTANCES, free // MEMORY_MIB))
