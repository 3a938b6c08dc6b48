"""A removal: a host afterwards is as one that was never touched, also when it was cut."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)

from tests import trials
from tests.hosts import code
from tests.hosts.conftest import Site

STEPS = (
    *("noted", "stopped", "settings", "unlinked", "data"),
    *("files", "accounts", "done"),
)
CHOSEN = ("stopped", "files", "accounts")
WITH = "images,backups,certificates,logs"
DRIVER = f"""
from ansible_collections.holdfast.registry.plugins.module_utils.removal import removing
removing.remove({{"also": {WITH.split(",")!r}}}, log)
"""
SNAPSHOT = r"""
find / /run -xdev \( -path /proc -o -path /sys -o -path /dev \) -prune -o \
  -printf '%p %y %m %u:%g %l\n' | sort -u
find /etc /usr/lib/systemd /opt /srv -xdev -type f -exec sha256sum {} + | sort -k2
getent passwd; getent group
systemctl list-units --all --plain --no-legend 'holdfast*'; systemctl list-unit-files 'holdfast*'
systemctl --failed --plain --no-legend
nft --stateless --terse list ruleset; sshd -T
"""
LEFT = {
    r"/run/(systemd|user|udev|log|dbus|sshd|utmp|mount|lock|credentials)\b": "of systemd, or ssh",
    r"/(var/)?tmp\b": "of whoever ran last",
    r"/var/lib/(systemd|dbus|private)\b": "of systemd",
    r"/var/log(?!/holdfast)\b": "the journal, and the system's own logs",
    r"/etc/(passwd|group|shadow|gshadow|subuid|subgid)-": "copies that passwd makes of its files",
    r"/etc/(\.pwd\.lock|\.updated)": "the lock of these files",
    r"/run/holdfast\.lock": "an empty file in memory, which a deploy that waits would hold",
    r"/root/(\.ansible|code)\b": "of Ansible, and of this test",
    r"/etc/systemd/system/(nginx|docker-registry)\.service": "masks, which the test image makes",
    r"/var/cache/(apt|ldconfig|apparmor)\b": "of packages",
    r"/var/lib/(apt|dpkg|ucf|nginx|logrotate)\b": "of packages",
}
"""Patterns of the lines that a removal may leave or change, with the reason."""


def snapshot(site: Site) -> set[str]:
    """Return all files, users, groups and settings of a host, but for what may change."""
    lines = site.host.run(SNAPSHOT, check=False).stdout.splitlines()
    kept = re.compile("|".join(LEFT))
    return {line for line in lines if not kept.search(line)}


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host that has other firewall, ssh and journal settings while a registry is on it."""
    made = new_site(
        flavour="hardened",
        registry_hardening_profile="host",
        registry_hardening_cut_others=True,
        registry_hardening_ssh_per_minute=6000,
        registry_metrics_directory="/var/lib/metrics-of-all",
        registry_storage_delete=True,
    )
    made.host.run("mkdir -p /var/lib/metrics-of-all; touch /var/lib/metrics-of-all/other.prom")
    code.send(made.host, DRIVER)
    return made


@pytest.fixture(scope="module")
def untouched(site: Site) -> set[str]:
    """Everything on the host before its first deploy."""
    return snapshot(site)


def remove(site: Site, *more: str) -> str:
    done = site.holdfast("remove", *more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def at_a_terminal(site: Site, answer: str) -> str:
    """Run the removal at a terminal, and answer its question; return what the terminal showed."""
    reading, writing = pty.openpty()
    argv = [sys.executable, "-m", "holdfast", "remove", "-i", str(site.folder)]
    environment = {**os.environ, "XDG_STATE_HOME": str(site.folder / "rendered"), "COLUMNS": "200"}
    os.write(reading, f"{answer}\n".encode())
    with subprocess.Popen(
        argv, stdin=writing, stdout=writing, stderr=writing, env=environment
    ) as process:
        os.close(writing)
        shown = b""
        with suppress(OSError):  # the end of a terminal
            while more := os.read(reading, 4096):
                shown += more
        assert process.wait(300) == 0, shown
    os.close(reading)
    return shown.decode()


def everything(site: Site) -> str:
    return remove(site, "--yes", *(f"--with={word}" for word in WITH.split(",")))


def differences(before: set[str], after: set[str]) -> list[str]:
    return sorted([f"- {one}" for one in before - after] + [f"+ {one}" for one in after - before])


def test_nothing_of_ours_is_left(site: Site, untouched: set[str]) -> None:
    site.deploy()
    site.client().push("team/app", "1.0", two_layer_image("removed"))
    site.host.run("for job in storage gc certificates; do systemctl start holdfast-$job; done")
    deployed = snapshot(site)
    assert len(deployed - untouched) > 100
    planned = remove(site, "--check", "--with=images")
    for text in (
        "would change links of units",
        "settings of the host: ",
        "users: ",
        "images: /srv",
    ):
        assert text in planned, planned
    assert differences(deployed, snapshot(site)) == []
    refused = site.holdfast("remove")
    assert refused.returncode == 2
    assert "--yes: expected it, or a terminal" in refused.stderr
    said = at_a_terminal(site, "no")
    assert "Remove all this from r1? [y/N]" in said, said
    assert "Nothing was changed." in said
    assert differences(deployed, snapshot(site)) == []
    everything(site)
    assert differences(untouched, snapshot(site)) == []
    assert "nothing to remove" in everything(site)
    assert differences(untouched, snapshot(site)) == []


def test_images_and_certificates_stay_for_the_next_deploy(site: Site) -> None:
    site.deploy()
    image, shown = two_layer_image("kept"), site.shown()
    site.client().push("team/kept", "1.0", image)
    said = remove(site, "--yes")
    assert "images in /srv/registry. To remove them, too: --with images" in said
    assert site.host.run("stat -c '%a %U:%G' /srv/registry").stdout.split() == ["700", "root:root"]
    assert site.host.run("ls -A /etc/holdfast").stdout.split() == ["removal.json", "tls"]
    assert "nothing to remove" in remove(site, "--yes")
    # Other numbers than before: what stays has to get its owners again.
    site.host.run("useradd -r nobody-else; useradd -r -u 998 -U one-more || useradd -r one-more")
    site.deploy()
    assert site.client().pull("team/kept", "1.0") == image
    assert site.shown() == shown
    assert "nothing to do" in site.deploy()
    remove(site, "--yes")
    remove(site, "--yes", "--with=images", "--with=certificates")
    assert site.host.run("test -e /srv/registry", check=False).returncode == 1
    remove(site, "--yes", "--with=logs")
    assert site.host.run("test -e /etc/holdfast", check=False).returncode == 1
    site.host.run("userdel nobody-else; userdel one-more")


@pytest.mark.parametrize("step", trials.some(STEPS, CHOSEN))
def test_a_second_run_completes_a_cut_one(site: Site, untouched: set[str], step: str) -> None:
    site.deploy()
    done = site.host.run(f"python3 {code.FOLDER}/driver.py {step}", check=False)
    assert done.returncode in (137, -9, 255), done.stdout + done.stderr
    everything(site)
    assert differences(untouched, snapshot(site)) == []


def test_a_closed_host_is_not_removed(site: Site, untouched: set[str]) -> None:
    site.deploy()
    site.holdfast("lock", "-m", "an audit")
    refused = site.holdfast("remove", "--yes", "--json")
    assert refused.returncode == 4, refused.stdout + refused.stderr
    assert "an audit" in json.dumps(refused.stdout)
    assert site.client().check() == 200
    everything_despite = [f"--with={word}" for word in WITH.split(",")]
    remove(site, "--yes", "--despite-lock", *everything_despite)
    assert differences(untouched, snapshot(site)) == []
