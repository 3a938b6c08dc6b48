"""Backups to real servers: one that only takes, with a login, and S3 with an own authority."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

from holdfast.preview.scratch import free_port
from testhosts import rest_server
from testhosts.machine import HarnessError
from tests import trials
from tests.integration import s3
from tests.integration.backups import SECRET, Saved, find_restic, saved_in, saving
from tests.integration.gated import client
from tests.integration.pushed import image
from tests.skips import lacks

USER, PASSWORD = "registry", "p@ss/w:rd"


@pytest.fixture(autouse=True)
def restic(monkeypatch: pytest.MonkeyPatch) -> None:
    find_restic(monkeypatch)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server to which one can only add, as its address and its folder."""
    port = free_port()
    try:
        with rest_server.running(
            tmp_path / "server", port, f"{USER}:{PASSWORD}", "--append-only"
        ) as data:
            yield f"rest:http://127.0.0.1:{port}/registry", data
    except HarnessError as error:
        lacks("restic", str(error))


def push(site: Saved) -> None:
    client(site.preview).push("team/app", "1.0", image("to be saved", size=100_000))


# What cannot be removed restic tries for a while.
@pytest.mark.parametrize("removes", trials.some([False, True], [False]))
def test_a_server_that_only_takes(
    server: tuple[str, Path], removes: bool, registry_binary: Path, tmp_path: Path
) -> None:
    address, data = server
    settings = {
        "registry_backup_target": address,
        "registry_backup_username": USER,
        "registry_backup_secret": PASSWORD,
        "registry_backup_keep": {"last": 1} if removes else {},
    }
    with saving(registry_binary, "3.1.1", **settings) as preview:
        site = saved_in(preview, tmp_path, moved=False)
        push(site)
        assert site.backup().problems == ()
        assert (data / "registry/config").exists()
        again = site.backup()
        # What cannot be removed there stays, and the backup is made all the same.
        assert len(again.problems) == removes
        for problem in again.problems:
            assert "registry_backup_keep: {}" in problem
            assert SECRET not in problem
            assert PASSWORD not in problem
        assert len(site.restic.snapshots()) == 4
        (Path(site.secrets) / "repository").write_text(f"{address}\n")
        with pytest.raises(StepError, match="401"):
            site.backup()


def test_a_bucket(registry_binary: Path, tmp_path: Path) -> None:
    folder = tmp_path / "s3"
    folder.mkdir()
    with s3.serving(folder) as server:
        settings = {
            "registry_backup_target": f"s3:https://localhost:{server.port}/{s3.BUCKET}/registry",
            "registry_backup_username": s3.ROOT.access,
            "registry_backup_secret": s3.ROOT.secret,
            "registry_backup_ca": server.ca,
        }
        with saving(registry_binary, "3.1.1", **settings) as preview:
            site = saved_in(preview, tmp_path, moved=False)
            push(site)
            done = site.backup()
            assert done.problems == ()
            assert done.figures["tags"] == 1
            assert (folder / "data" / s3.BUCKET / "registry/config").exists()
            assert site.links(done.figures["snapshot"])[0].tags[0]["tag"] == "1.0"
