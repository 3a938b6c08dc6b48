"""Drills of a real backup: what is proven, what is found, and that all blobs have their turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.backup.drilling import Drill
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import blob
from ansible_collections.holdfast.registry.plugins.module_utils.jobs import drill
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import Outcome
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

from holdfast.preview import Preview
from tests.integration.backups import Saved, find_restic, saved_in, saving
from tests.integration.gated import client, store
from tests.integration.generations import VERSIONS

PROVEN = "holdfast_backup_proven_timestamp_seconds"


@pytest.fixture(autouse=True)
def restic(monkeypatch: pytest.MonkeyPatch) -> None:
    find_restic(monkeypatch)


@pytest.fixture(scope="module")
def preview(registry_binary: Path) -> Iterator[Preview]:
    with saving(registry_binary, "3.1.1") as running:
        yield running


def proved(site: Saved) -> Outcome:
    return drill.job_of(site.plan).run(lambda: drill.work(site.plan, site.secrets, print))


def site_of(preview: Preview, binary: Path, tmp_path: Path) -> Saved:
    site = saved_in(preview, tmp_path)
    site.plan |= {"binary": str(binary), "scratch": str(tmp_path / "drill")}
    return site


@VERSIONS
def test_a_good_backup_is_proven_part_by_part(
    registry_of: Path, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with saving(registry_of, version) as preview:
        site = site_of(preview, registry_of, tmp_path)
        for n in range(3):
            client(preview).push(f"a/app-{n}", "1.0", two_layer_image(f"image {n}"))
        site.backup()
        first = proved(site)
        assert first.problems == ()
        assert first.figures["manifests"] == 3
        assert first.figures["pulled"].startswith("a/app-")
        assert f"\n{PROVEN} " in (tmp_path / "holdfast-backup-proven.prom").read_text()
        assert not (tmp_path / "drill").exists()
        assert proved(site).figures["turn"] == first.figures["turn"] + 1
        # Of each blob the digest is compared in one of the turns.
        monkeypatch.setattr(
            "ansible_collections.holdfast.registry.plugins.module_utils.backup.drilling.TURNS", 2
        )
        monkeypatch.setattr(Drill, "_image", lambda *_: None)
        parts = [Drill(site.restic, turn, print).run()["blobs"] for turn in range(2)]
        assert sum(parts) == 12
        assert all(parts)


def test_what_cannot_be_restored_is_found_and_proves_nothing(
    preview: Preview, registry_binary: Path, tmp_path: Path
) -> None:
    site = site_of(preview, registry_binary, tmp_path)
    image = two_layer_image("hurt before it was saved")
    client(preview).push("b/app", "1.0", image)
    path = Path(store(preview).path(blob(next(iter(image.blobs)))))
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    site.backup()
    done = proved(site)
    assert any("this digest in the backup, found another one. Run:" in one for one in done.problems)
    assert not (tmp_path / "holdfast-backup-proven.prom").exists()
    path.write_bytes(content)
    # A pack that is lost, or cannot be read.
    for pack in (tmp_path / "repository/data").rglob("*"):
        if pack.is_file():
            pack.unlink()
    with pytest.raises(StepError, match="restic"):
        proved(site)
    assert not (tmp_path / "drill").exists()


def test_a_registry_that_does_not_start_is_a_problem(
    preview: Preview, registry_binary: Path, tmp_path: Path
) -> None:
    site = site_of(preview, registry_binary, tmp_path)
    client(preview).push("c/app", "1.0", two_layer_image("well"))
    site.backup()
    program = tmp_path / "registry"
    program.write_text("#!/bin/sh\necho no such driver >&2\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    site.plan["binary"] = str(program)
    (problem,) = proved(site).problems
    assert "/app:1.0: expected to pull it from the restored files, got: " in problem
    assert (
        f"{program}: expected a registry that listens, it ended with 3: no such driver" in problem
    )
    assert problem.endswith(". Run: holdfast deploy; then: holdfast drill")
