"""Backups of a host, by SFTP: made, lost, and restored on the same machine."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)

from tests.hosts.conftest import Site

TARGET = "/root/repository"
PASSWORD = "pass phrase of a repository"


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host that saves itself by its own ssh server, which stands for another one."""
    made = new_site(registry_storage_delete=True)
    key = "/root/backup-key"
    made.host.run(f"rm -f {key}*; ssh-keygen -q -t ed25519 -N '' -f {key}")
    made.host.run(f"mkdir -p /root/.ssh; cat {key}.pub >> /root/.ssh/authorized_keys")
    made.deploy(
        registry_backup_target=f"sftp:root@127.0.0.1:{TARGET}",
        registry_backup_password=PASSWORD,
        registry_backup_ssh_key=made.host.run(f"cat {key}").stdout,
        registry_backup_known_hosts=made.host.run(
            "ssh-keyscan -t ed25519 127.0.0.1"
        ).stdout.strip(),
    )
    return made


def test_a_backup_is_made_and_reported(site: Site) -> None:
    site.client().push("team/app", "1.0", two_layer_image("to be saved"))
    assert "no backup yet. Run: holdfast backup" in site.holdfast("status").stdout
    done = site.holdfast("backup")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tags, " in done.stdout
    assert "made 0 h ago" in site.holdfast("status").stdout
    metrics = site.host.run("cat /var/lib/holdfast/metrics/*.prom").stdout
    assert "holdfast_backup_failed 0" in metrics
    record = json.loads(site.host.run("cat /var/lib/holdfast/jobs/backup.json").stdout)
    assert record["figures"]["broken"] == []
    assert site.holdfast("verify", "--by-address", "--only", "storage.backup").returncode == 0
    again = site.holdfast("jobs", "run", "backup")
    assert again.returncode == 0, again.stdout + again.stderr


def empty(site: Site) -> None:
    """Take all from the machine that a restore brings back, as a new one has nothing of it."""
    site.host.run(
        "systemctl stop 'holdfast*' || true;"
        "rm -rf /etc/holdfast /var/lib/holdfast /srv/registry /var/cache/holdfast-* /opt/holdfast"
        " /etc/systemd/system/holdfast* /run/holdfast*;"
        "systemctl daemon-reload; systemctl reset-failed"
    )


def test_a_lost_host_is_one_command(site: Site) -> None:
    images = {f"team/app-{n}": two_layer_image(f"image {n}") for n in range(5)}
    for name, image in images.items():
        site.client().push(name, "1.0", image)
    shown = site.shown()
    assert site.holdfast("backup").returncode == 0
    refused = site.holdfast("restore")
    assert refused.returncode == 4
    assert "expected no images, found team/" in refused.stdout + refused.stderr
    empty(site)
    done = site.holdfast("restore")
    assert done.returncode == 0, done.stdout + done.stderr
    for name, image in images.items():
        assert site.client().pull(name, "1.0") == image
    assert site.shown() == shown
    site.client().push("team/later", "1.0", images["team/app-0"])
    assert site.holdfast("backup").returncode == 0
    drill = site.holdfast("drill")
    assert drill.returncode == 0, drill.stdout + drill.stderr
    assert " pulled, in " in drill.stdout
    proven = site.holdfast("verify", "--by-address", "--profile", "basic", "--only", "storage")
    assert proven.returncode == 0, proven.stdout + proven.stderr
    assert site.client().delete("team/app-0", images["team/app-0"].digest)
    done = site.holdfast("restore", "--only", "team/app-0:1.0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert site.client().pull("team/app-0", "1.0") == images["team/app-0"]
    assert "nothing to do" in site.deploy()
