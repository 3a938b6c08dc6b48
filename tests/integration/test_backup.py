"""Backups of a real registry by the real restic: complete, small, and of no one else's locks."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.backup import keeping, target
from ansible_collections.holdfast.registry.plugins.module_utils.backup.restic import (
    BLOBS,
    SNAPSHOTS,
)
from ansible_collections.holdfast.registry.plugins.module_utils.backup.saving import saved
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import blob
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import digest_of
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

from holdfast.preview import Preview
from tests.integration.backups import SECRET, Saved, find_restic, saved_in, saving
from tests.integration.gated import client, store
from tests.integration.generations import VERSIONS
from tests.integration.pushed import INDEX_TYPE, index


@pytest.fixture(autouse=True)
def restic(monkeypatch: pytest.MonkeyPatch) -> None:
    find_restic(monkeypatch)


@pytest.fixture(scope="module")
def preview(registry_binary: Path) -> Iterator[Preview]:
    with saving(registry_binary, "3.1.1") as running:
        yield running


@pytest.fixture
def site(preview: Preview, tmp_path: Path) -> Saved:
    """A repository of its own; the images are those of all tests."""
    return saved_in(preview, tmp_path)


@VERSIONS
def test_all_that_clients_can_pull_is_saved(
    registry_of: Path, version: str, tmp_path: Path
) -> None:
    with saving(registry_of, version) as preview:
        site, connection = saved_in(preview, tmp_path), client(preview)
        images = {f"team/app-{n}": two_layer_image(f"image {n}") for n in range(4)}
        for name, image in images.items():
            connection.push(name, "1.0", image)
        several = index(*[two_layer_image(f"part {n}") for n in range(2)])
        for n in range(2):
            connection.push("team/several", f"part-{n}", two_layer_image(f"part {n}"))
        put = {"Content-Type": INDEX_TYPE}
        path = "/v2/team/several/manifests/all"
        assert connection.request("PUT", path, several, put).status == 201
        done = site.backup()
        assert done.problems == ()
        assert done.figures["tags"] == 7
        found, blobs = site.links(done.figures["snapshot"])
        assert {(one["repository"], one["tag"], one["digest"]) for one in found.tags} >= {
            ("team/several", "all", digest_of(several)),
            *((name, "1.0", image.digest) for name, image in images.items()),
        }
        pushes = [one for one in found.tags if one["repository"] == "team/app-0"]
        assert [one["by"] for one in pushes] == ["alice"]
        assert all(one["time"] and abs(one["time"] - time.time()) < 300 for one in pushes)
        sizes = saved(site.restic, blobs)
        for image in images.values():
            assert {image.digest, *image.blobs} <= set(sizes)
        # Nothing new costs nothing, and what is new is all that is sent.
        again = site.backup()
        assert again.figures["blobs"] == done.figures["blobs"]
        assert again.figures["added"] < 0.2 * done.figures["added"] + 20_000
        text = (tmp_path / "holdfast-backup.prom").read_text()
        assert "holdfast_backup_tags 7\n" in text
        assert "holdfast_backup_failed 0\n" in text


def test_configuration_and_keys_are_saved_and_the_password_is_in_no_command_line(
    site: Saved, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, spy = tmp_path / "seen", tmp_path / "spy" / "restic"
    spy.parent.mkdir()
    real = shutil.which("restic")
    spy.write_text(f'#!/bin/sh\necho "$*" >> {seen}\nenv >> {seen}\nexec {real} "$@"\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", str(spy.parent), prepend=":")
    snapshot = site.backup().figures["snapshot"]
    assert "backup --json" in seen.read_text()
    assert SECRET not in seen.read_text()
    listed = site.restic.run("ls", snapshot).splitlines()
    current = (site.preview.scratch / "etc/current").resolve()
    for path in ("registry/config.yml", "proxy/nginx.conf", "logins/htpasswd"):
        assert f"{current / path}" in listed


def test_the_trash_is_read_too_and_a_broken_image_is_named(site: Saved) -> None:
    connection, files = client(site.preview), store(site.preview)
    image, broken = two_layer_image("half in the trash"), two_layer_image("broken")
    connection.push("team/moved", "1.0", image)
    connection.push("team/broken", "1.0", broken)
    first = next(iter(image.blobs))
    assert files.discard([blob(first)]) == [blob(first)]
    Path(files.path(blob(next(iter(broken.blobs))))).unlink()
    done = site.backup()
    files.restore(blob(first))
    connection.push("team/broken", "1.0", broken)
    assert len(done.problems) == 1
    assert done.problems[0].startswith(f"team/broken@{broken.digest} is in no new backup")
    found, blobs = site.links(done.figures["snapshot"])
    assert first in saved(site.restic, blobs)
    names = {one["repository"] for one in found.tags}
    assert "team/moved" in names
    assert "team/broken" not in names


def test_old_snapshots_go_and_those_of_others_stay(site: Saved) -> None:
    site.plan["keep"] = {"last": 2}
    site.backup()
    elsewhere = Saved(site.preview, {**site.plan, "host": "another"}, site.secrets)
    elsewhere.backup()
    for number in range(2):
        client(site.preview).push("team/app", str(number), two_layer_image(str(number)))
        removed = site.backup().figures["removed"]
    assert removed == 1
    kept = site.restic.snapshots()
    named = [keeping.blobs_of(one["tags"]) for one in kept if SNAPSHOTS in one["tags"]]
    assert len(named) == 2
    assert {one["id"][:8] for one in kept if BLOBS in one["tags"]} == set(named)
    assert len(elsewhere.restic.snapshots()) == 2
    site.restic.run("check", "--read-data")


def test_a_lock_of_our_dead_process_goes_and_no_other(site: Saved, tmp_path: Path) -> None:
    site.backup()
    locks = tmp_path / "repository/locks"
    own = dead_lock(site, locks)
    assert site.backup().problems == ()
    assert not own.exists()
    # One of another host cannot be judged from here; and a fresh one stops nobody.
    own = dead_lock(site, locks)
    other = foreign_lock(site, locks)
    assert other.exists()
    assert target.unlock(site.restic) == 1
    assert other.exists()
    assert not own.exists()


def dead_lock(site: Saved, locks: Path) -> Path:
    """Return the lock that a killed restic leaves."""
    before = set(locks.iterdir())
    environment = {**os.environ, **site.restic._environment()}
    argv = ["restic", "backup", "--stdin", "--no-cache", "-q"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, env=environment) as process:
        while not set(locks.iterdir()) - before:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    (made,) = set(locks.iterdir()) - before
    return made


def foreign_lock(site: Saved, locks: Path) -> Path:
    """Return the lock of a living restic in a host of another name."""
    before = set(locks.iterdir())
    environment = {**os.environ, **site.restic._environment()}
    script = "hostname elsewhere; exec restic backup --stdin --no-cache -q < /dev/zero"
    argv = ["unshare", "--uts", "sh", "-c", script]
    with subprocess.Popen(argv, env=environment) as process:
        while not set(locks.iterdir()) - before:
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
    (made,) = set(locks.iterdir()) - before
    return made


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"same_disk": False}, "expected another disk than that of"),
        ({"path": "/nowhere/at/all"}, "expected a directory, found none"),
    ],
)
def test_a_target_that_would_be_lost_too_is_refused(
    site: Saved, change: dict[str, object], says: str
) -> None:
    site.plan.update(change)
    with pytest.raises(StepError, match=says):
        site.backup()
    last = json.loads((Path(site.plan["records"]) / "backup.json").read_text())
    assert last["result"] == "failed"


def test_a_wrong_password_and_a_repository_that_has_gone_are_said(
    site: Saved, tmp_path: Path
) -> None:
    site.backup()
    path = Path(site.secrets) / "password"
    path.write_text("another one\n")
    with pytest.raises(StepError, match="registry_backup_password"):
        site.backup()
    path.write_text(f"{SECRET}\n")
    (tmp_path / "repository").rename(tmp_path / "unmounted")
    (tmp_path / "repository").mkdir()
    with pytest.raises(StepError, match=r"of earlier backups, found none\. Mount its disk"):
        site.backup()
    assert list((tmp_path / "repository").iterdir()) == []
