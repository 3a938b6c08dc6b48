"""python -m benchmarks: measure on a test host made for it, and print tables for the docs."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / ".collections"))

from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import over_tls

from benchmarks import cache, certificates
from benchmarks.hardening import hardening
from benchmarks.load import load
from benchmarks.logins import logins
from benchmarks.mirror import mirror
from benchmarks.storage import storage
from testhosts import binary, hosts

NAME, PASSWORD = "registry.holdfast.test", "correct-horse-battery"
ROUNDS, SWAPS, CHANGES, HOSTS = 5, 20, 5, 1000
PING = [{"hosts": "registry", "gather_facts": False, "tasks": [{"ansible.builtin.ping": {}}]}]


class Bench:
    """An inventory in a folder, and the programs that are measured on it."""

    name = NAME

    def __init__(self, folder: Path, host: hosts.Host) -> None:
        self.folder, self.host = folder, host
        found = binary.obtain()
        self.newer = {
            "registry_distribution_source": "file",
            "registry_distribution_path": found["path"],
            "registry_distribution_checksum": f"sha256:{found['sha256']}",
        }
        self.variables = {
            **host.inventory_vars(),
            "registry_hostname": NAME,
            "registry_auth_users": [{"name": "alice", "password": PASSWORD}],
        }
        (folder / "ping.yml").write_text(yaml.safe_dump(PING))

    def write(self, **changes: object) -> None:
        """Write the inventory with some settings changed."""
        own = {**self.variables, **self.newer, **changes}
        own = {name: value for name, value in own.items() if value is not None}
        (self.folder / "hosts.yml").write_text(yaml.safe_dump({"registry": {"hosts": {"r1": own}}}))

    def deploy(self) -> float:
        """Deploy over a new connection; return the seconds."""
        return self.time(sys.executable, "-m", "holdfast", "deploy", "-i", str(self.folder))

    def ping(self) -> float:
        """Run the least playbook that there is, over a new connection; return the seconds."""
        path = Path(sys.executable).parent / "ansible-playbook"
        inventory = str(self.folder / "hosts.yml")
        return self.time(str(path), "-i", inventory, str(self.folder / "ping.yml"))

    def time(self, *argv: str) -> float:
        """Return the seconds that a program takes; no ssh connection is left from before."""
        for socket in (Path.home() / ".ansible" / "cp").glob("*"):
            subprocess.run(
                ["ssh", "-O", "exit", "-S", socket, "x"], capture_output=True, check=False
            )
        fast = {"ANSIBLE_PIPELINING": "1", "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3"}
        environment = {**os.environ, **fast, "XDG_STATE_HOME": str(self.folder / "rendered")}
        begun = time.monotonic()
        subprocess.run(argv, env=environment, check=True, capture_output=True)
        return time.monotonic() - begun

    @property
    def trust(self) -> Path:
        """The authority that the clients know."""
        return self.folder / "trusted.crt"

    def client(self) -> object:
        """Return a client that is logged in."""
        if not self.trust.exists():
            shutil.copy(self.folder / "pki" / "ca.crt", self.trust)
        trust = str(self.trust)
        return over_tls(NAME, 443, address=self.host.address, cafile=trust, timeout=60).login(
            "alice", PASSWORD
        )


def deploys(bench: Bench) -> None:
    """Compare deploys with the one-ping playbook, interleaved."""
    seconds: dict[str, list[float]] = {"ping": [], "no-op": [], "change": []}
    bench.write()
    first = bench.deploy()
    for number in range(ROUNDS):
        seconds["ping"].append(bench.ping())
        seconds["no-op"].append(bench.deploy())
        bench.write(registry_log_level=("error", "warn")[number % 2])
        seconds["change"].append(bench.deploy())
    floor = statistics.median(seconds["ping"])
    print("\n| median of 5, cold ssh | seconds | x one-ping playbook |\n|---|---|---|")
    print(f"| one-ping playbook | {floor:.2f} | 1.0 |")
    for name, value in (
        ("nothing to do", statistics.median(seconds["no-op"])),
        ("a changed setting, swap included", statistics.median(seconds["change"])),
        ("first configure, packages present (once)", first),
    ):
        print(f"| {name} | {value:.2f} | {value / floor:.2f} |")


def swaps(bench: Bench) -> None:
    """Count failed requests of 2 pulling and 2 chunk-pushing clients while things are swapped."""
    print("\n| under 4 clients | pulls | pushes | failed | slowest |\n|---|---|---|---|---|")
    bench.deploy()
    levels = ("error", "info")
    older = {**dict.fromkeys(bench.newer), "registry_distribution_source": "package"}

    def generation(number: int) -> dict[str, object]:
        return {"registry_log_level": levels[number % 2]}

    def change(number: int) -> dict[str, object]:
        return {} if number % 2 else dict(older)

    _loaded(bench, f"{SWAPS} generation swaps", [generation(n) for n in range(SWAPS)])
    _loaded(bench, f"{CHANGES} changes 2.8.3 - 3.1.1", [change(n) for n in range(CHANGES)])


def renewals(bench: Bench) -> None:
    """Count failed requests of the same clients, and of visitors, while certificates change."""
    print("\n| under 4 clients | pulls | pushes | failed | slowest |\n|---|---|---|---|---|")
    bench.write()
    bench.deploy()
    turns = certificates.turns(bench.folder, bench.trust, certificates.RENEWALS)
    _count(bench, f"{certificates.RENEWALS} renewals, {certificates.ROTATIONS} rotations", turns)


def _loaded(bench: Bench, name: str, changes: Sequence[dict[str, object]]) -> None:
    def steps() -> Iterator[None]:
        for change in changes:
            bench.write(**change)
            bench.deploy()
            yield

    _count(bench, name, steps())


def _count(bench: Bench, name: str, steps: Iterable[None]) -> None:
    with load(bench.client, visitors=2) as counts:  # type: ignore[arg-type]
        for _ in steps:
            pass
    if counts.failures:
        print(counts.failures[:3])
    counted = f"{counts.pulls} | {counts.pushes} | {len(counts.failures)} | {counts.slowest:.1f} s"
    print(f"| {name} | {counted} |", flush=True)


def render(folder: Path) -> None:
    """Render many hosts at once."""
    names = {f"r{number:04}": {"registry_hostname": f"r{number}.test"} for number in range(HOSTS)}
    common = {
        "registry_distribution_source": "package",
        "registry_auth_users": [{"name": "alice", "password_hash": "$2b$10$" + "a" * 53}],
        "registry_storage_directory": "/srv/{{ inventory_hostname }}",
    }
    inventory = {"registry": {"hosts": names, "vars": common}}
    (folder / "many.yml").write_text(yaml.safe_dump(inventory))
    argv = [sys.executable, "-m", "holdfast", "render", "-i", str(folder / "many.yml")]
    begun = time.monotonic()
    subprocess.run([*argv, "-o", str(folder / "out")], check=True, capture_output=True)
    seconds = time.monotonic() - begun
    print(f"\nRender of {HOSTS} hosts: {seconds:.1f} s, {seconds / HOSTS * 1000:.1f} ms a host,")
    print("start of Ansible and all files written included.", flush=True)


def main() -> None:
    """Measure everything, or what is named."""
    parts: list[tuple[str, Callable[[Bench], None]]] = [
        ("deploys", deploys),
        ("swaps", swaps),
        ("renewals", renewals),
        ("storage", storage),
        ("hardening", hardening),
    ]
    on_hosts = [name for name, _ in parts]
    wanted = sys.argv[1:] or ["render", "handshakes", "cache", "mirror", "logins", *on_hosts]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "render" in wanted:
            render(folder)
        if "handshakes" in wanted:
            certificates.handshakes(folder)
        if "cache" in wanted:
            cache.measure(folder)
        if "mirror" in wanted:
            mirror()
        if "logins" in wanted:
            logins()
        if not set(on_hosts) & set(wanted):
            return
        host = hosts.up(f"bench-{os.getpid()}", flavour="hardened")
        try:
            bench = Bench(folder, host)
            bench.write()
            for part, run in parts:
                if part in wanted:
                    run(bench)
        finally:
            host.down()


if __name__ == "__main__":
    main()
