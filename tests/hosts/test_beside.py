"""A test run stands beside the demo of the machine and the tests of another clone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testhosts import apt, cache, hosts, images, machine, podman
from testhosts.hosts import Host
from tests.skips import lacks

pytestmark = pytest.mark.host


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """A host of this clone."""
    problems = machine.shortcomings()
    if problems:
        lacks("hosts", "; ".join(problems))
    made = hosts.up(f"beside-{os.getpid()}")
    yield made
    made.down()


@pytest.fixture
def clone(tmp_path: Path, host: Host) -> Iterator[dict[str, str]]:
    """The environment of another clone, whose cache has the image already."""
    folder = tmp_path / "cache"
    folder.mkdir()
    for name in ("key", "key.pub"):
        shutil.copy(cache.cache() / name, folder)
    image = images.image(host.platform, host.flavour)
    archive = tmp_path / "image.tar"
    podman.podman("save", "--quiet", "--output", str(archive), image)
    environment = {**os.environ, "HOLDFAST_CACHE": str(folder)}
    load = f"from testhosts import podman; podman.podman('load', '--quiet', '-i', '{archive}')"
    subprocess.run([sys.executable, "-c", load], env=environment, check=True)
    archive.unlink()
    yield environment
    harness(environment, "down", "--all")
    # Removing an image's files takes half a minute on some disks: nobody waits for it.
    subprocess.Popen(machine.as_root(["rm", "-rf", str(folder)]), start_new_session=True)


def harness(environment: dict[str, str], *arguments: str) -> str:
    """Run the harness as a clone does; return what it prints."""
    argv = [sys.executable, "-m", "testhosts", *arguments]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_host_has_no_names_of_the_machine_but_those_that_apt_needs(host: Host) -> None:
    lines = host.run("cat /etc/hosts").stdout.split("\n")
    names = {name for line in lines for name in line.split("#")[0].split()[1:]}
    assert names - apt.servers() <= {
        *("localhost", "host.containers.internal", host.name, host.container),
        *("ip6-localhost", "ip6-loopback"),
    }


def test_another_clone_has_hosts_of_the_same_names_at_the_same_time(
    host: Host, clone: dict[str, str]
) -> None:
    theirs = json.loads(harness(clone, "up", host.name, "--json"))
    assert theirs["address"] != host.address
    host.run("echo ours > /root/mark")
    harness(clone, "exec", host.name, "--", "echo theirs > /root/mark")
    assert host.run("cat /root/mark").stdout == "ours\n"
    assert harness(clone, "exec", host.name, "--", "cat /root/mark") == "theirs\n"
    harness(clone, "down", "--all")
    assert host.run("cat /root/mark").stdout == "ours\n"
    assert hosts.find(host.name) == host
