"""Test hosts are what they claim to be: machines with systemd, apart from each other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator

import pytest
import yaml

from testhosts import hosts, machine
from testhosts.hosts import Host
from tests.skips import lacks

pytestmark = pytest.mark.host

SANDBOX = (
    "PrivateUsers=yes DynamicUser=yes ProtectSystem=strict PrivateTmp=yes PrivateDevices=yes"
    " ProtectKernelTunables=yes ProtectControlGroups=yes ProtectProc=invisible NoNewPrivileges=yes"
    " MemoryDenyWriteExecute=yes SystemCallFilter=@system-service RestrictNamespaces=yes"
)


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Host, Host]]:
    """Two hosts."""
    problems = machine.shortcomings()
    if problems:
        lacks("hosts", "; ".join(problems))
    made = [hosts.up(f"machines{number}-{os.getpid()}") for number in range(2)]
    yield made[0], made[1]
    for host in made:
        host.down()


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the harness as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "testhosts", *arguments], capture_output=True, text=True, check=False
    )


def test_systemd_is_content_and_up_again_is_the_same_host(pair: tuple[Host, Host]) -> None:
    host, _ = pair
    assert host.run("systemctl is-system-running").stdout.strip() == "running"
    assert host.run("cat /proc/1/comm").stdout.strip() == "systemd"
    assert hosts.up(host.name) == host


def test_packages_are_there_and_their_services_are_not(pair: tuple[Host, Host]) -> None:
    result = pair[0].run("systemctl is-enabled nginx docker-registry", check=False).stdout
    assert result.split() == ["masked", "masked"]
    assert pair[0].run("apt-get install --simulate nginx | tail -1").stdout.startswith("0 upgraded")


def test_a_power_cut_keeps_disk_journal_and_address(pair: tuple[Host, Host]) -> None:
    host, _ = pair
    mark = uuid.uuid4().hex
    host.run(f"echo {mark} > /root/mark; sync; logger {mark}; journalctl --sync")
    host.kill()
    assert not host.runs()
    host.start()
    assert host.run("cat /root/mark").stdout.strip() == mark
    assert mark in host.run("journalctl --identifier root --output cat").stdout


def test_hosts_do_not_see_each_others_services(pair: tuple[Host, Host]) -> None:
    one, other = pair
    one.run("systemd-run --unit witness sleep 60")
    assert one.run("systemctl is-active witness").stdout.strip() == "active"
    assert "witness" in one.run("ls /sys/fs/cgroup/system.slice").stdout
    assert "witness" not in other.run("ls /sys/fs/cgroup/system.slice").stdout
    one.run("systemctl stop witness")


def test_the_sandbox_of_a_service_holds(pair: tuple[Host, Host]) -> None:
    options = " ".join(f"-p {option}" for option in SANDBOX.split())
    refused = pair[0].run(f"systemd-run --wait --pipe {options} touch /etc/x", check=False)
    assert "Read-only file system" in refused.stderr
    allowed = pair[0].run(f"systemd-run --quiet --wait --pipe {options} cat /proc/self/uid_map")
    assert len(allowed.stdout.splitlines()) == 2, "not a user namespace of its own"


def test_the_command_tells_what_is_there(pair: tuple[Host, Host]) -> None:
    host, _ = pair
    inventory = yaml.safe_load(command("inventory", host.name).stdout)
    assert inventory["registry"]["hosts"][host.name] == host.inventory_vars()
    listed = [json.loads(line) for line in command("list", "--json").stdout.splitlines()]
    assert host.address in [entry["address"] for entry in listed if entry["state"] == "running"]
    done = command("exec", host.name, "--", "sh", "-c", "echo $0; exit 5", "a b")
    assert (done.returncode, done.stdout) == (5, "a b\n")
    assert command("exec", "nobody", "--", "true").returncode == 3
