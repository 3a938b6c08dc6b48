"""Backups of a host, by SFTP: made, lost, and restored on the same machine."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import blob
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)

from tests.hosts.conftest import Site

TARGET = "/root/repository"
HEAL_SECONDS = 60.0
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


def healed_after(site: Site, begun: float) -> dict[str, object]:
    """Return the record of the job that systemd starts at the end of a scrub."""
    while time.time() < begun + HEAL_SECONDS:
        said = site.host.run("cat /var/lib/holdfast/jobs/heal.json", check=False).stdout or "{}"
        record: dict[str, object] = json.loads(said)
        if record.get("ended") and record["begun"] >= begun:  # type: ignore[operator]
            return record
        time.sleep(0.5)
    raise AssertionError(site.host.run("journalctl -n 20 -u holdfast-heal").stdout)


def test_damage_that_a_scrub_finds_heals_by_itself(site: Site) -> None:
    image = two_layer_image("hurt and healed")
    site.client().push("team/hurt", "one", image)
    assert site.holdfast("backup").returncode == 0
    digest = next(iter(image.blobs))
    path = f"/srv/registry/docker/registry/v2/{blob(digest)}"
    rights = f"stat -c '%U %G %a' {path}"
    before = site.host.run(rights).stdout
    site.host.run(f"printf X | dd of={path} bs=1 conv=notrunc status=none")
    begun = float(site.host.run("date +%s").stdout)
    done = site.holdfast("scrub", "--now")
    assert done.returncode == 6, done.stdout + done.stderr
    assert f"{digest} is damaged. Push it again, or wait for the job heal" in done.stdout
    record = healed_after(site, begun)
    assert record["result"] == "ok", record
    assert site.client().pull("team/hurt", "one") == image
    assert site.host.run(rights).stdout == before
    assert "is damaged" not in site.holdfast("status").stdout
    assert "next after a scrub" in site.holdfast("jobs").stdout
    begun = float(site.host.run("date +%s").stdout)
    assert site.holdfast("scrub", "--now").returncode == 0
    assert healed_after(site, begun)["figures"] == {"healed": {}, "bytes": 0, "lost": {}}


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
