"""A damaged blob comes back from a backup, by the job that runs after each scrub."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import blob
from ansible_collections.holdfast.registry.plugins.module_utils.jobs import restore, scrub
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Image,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.http import RegistryError
from ansible_collections.holdfast.registry.plugins.module_utils.report import scrub_state
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.messages import sentence
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.proofs import Proofs
from ansible_collections.holdfast.registry.plugins.module_utils.system import files
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import Outcome
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

from holdfast.preview import Preview
from tests.integration.backups import Saved, find_restic, saved_in, saving
from tests.integration.gated import client, store


@pytest.fixture(scope="module")
def preview(registry_binary: Path) -> Iterator[Preview]:
    with saving(registry_binary, "3.1.1") as running:
        yield running


@pytest.fixture
def saved(preview: Preview, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Saved:
    """The registry with an own, empty repository."""
    find_restic(monkeypatch)
    found = saved_in(preview, tmp_path)
    found.write()
    return found


def scrubbed(saved: Saved, tmp_path: Path) -> Outcome:
    """Prove all blobs, as the job does."""
    (path,) = saved.preview.scratch.rglob("agent/scrub.json")
    plan = json.loads(path.read_text())
    own = {"proofs": tmp_path / "proofs", "metrics": tmp_path, "records": tmp_path / "jobs"}
    plan |= {"rate": 1 << 30, **{name: str(place) for name, place in own.items()}}
    agent = Path(saved.secrets).parent / "agent"
    (agent / "scrub.json").write_text(json.dumps(plan))
    Proofs(plan["proofs"]).request()
    return scrub.job_of(plan).run(lambda: scrub.work(plan, lambda: None, print))


def flip(preview: Preview, digest: str) -> None:
    """Flip one bit of a blob."""
    path = Path(store(preview).path(blob(digest)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def pushed(preview: Preview, repository: str) -> Image:
    image = two_layer_image(repository)
    client(preview).push(repository, "1.0", image)
    return image


def hurt(saved: Saved, tmp_path: Path, digest: str) -> None:
    """Damage a blob, and let a scrub find it."""
    flip(saved.preview, digest)
    said = "\n".join(scrubbed(saved, tmp_path).problems)
    assert f"{digest} is damaged. Push it again, or wait for the job heal" in said


def status(saved: Saved) -> list[str]:
    """Return what the status of the host says about damage."""
    found = scrub_state.figures(str(Path(saved.secrets).parent))
    assert found
    return [sentence(one, backup=True) for one in found["damaged"]]


@pytest.mark.parametrize("part", ["layer", "manifest"])
def test_what_a_scrub_found_comes_back(saved: Saved, tmp_path: Path, part: str) -> None:
    name = f"a/{part}"
    image = pushed(saved.preview, name)
    digest = image.digest if part == "manifest" else next(iter(image.blobs))
    assert saved.backup().problems == ()
    hurt(saved, tmp_path, digest)
    assert len(status(saved)) == 1
    with pytest.raises(RegistryError):
        client(saved.preview).pull(name, "1.0")
    done = saved.heal()
    assert done.problems == ()
    assert list(done.figures["healed"]) == [digest]
    assert client(saved.preview).pull(name, "1.0") == image
    assert status(saved) == []
    assert scrubbed(saved, tmp_path).problems == ()
    assert saved.heal().figures["healed"] == {}


@pytest.mark.parametrize("saved_hurt", [True, False])
def test_an_older_snapshot_heals_what_the_newest_one_lacks(
    saved: Saved, tmp_path: Path, saved_hurt: bool
) -> None:
    saved.plan["keep"] = {}  # of one day only the newest snapshot would stay
    name = f"b/{saved_hurt}".lower()
    image = pushed(saved.preview, name)
    saved.backup()
    digest = next(iter(image.blobs))
    if saved_hurt:
        flip(saved.preview, digest)
        saved.backup()
        flip(saved.preview, digest)
    hurt(saved, tmp_path, digest)
    if not saved_hurt:
        assert saved.backup().figures["broken"]
    assert list(saved.heal().figures["healed"]) == [digest]
    assert client(saved.preview).pull(name, "1.0") == image


@pytest.mark.parametrize("why", ["damaged", "absent"])
def test_what_no_backup_has_is_said(saved: Saved, tmp_path: Path, why: str) -> None:
    name = f"c/{why}"
    if why == "absent":
        saved.backup()
    image = pushed(saved.preview, name)
    digest = next(iter(image.blobs))
    if why == "damaged":
        flip(saved.preview, digest)
        saved.backup()
        flip(saved.preview, digest)
    hurt(saved, tmp_path, digest)
    done = saved.heal()
    assert done.figures["lost"] == {digest: why}
    words = "no backup has it" if why == "absent" else "so is its copy in the backups"
    text = f"{name}:1.0 cannot be pulled, for {digest} is damaged, and {words}. Push it again"
    assert done.problems == (text,)
    assert status(saved) == [text]
    with pytest.raises(RegistryError):
        client(saved.preview).pull(name, "1.0")
    client(saved.preview).push(name, "1.0", image)
    assert client(saved.preview).pull(name, "1.0") == image
    assert status(saved) == []
    assert saved.heal().problems == ()


def test_a_copy_that_restic_cannot_read_is_said(saved: Saved, tmp_path: Path) -> None:
    image = pushed(saved.preview, "r/app")
    digest = next(iter(image.blobs))
    saved.backup()
    # A small file is one blob of restic, which has the same digest.
    found = saved.restic.run("find", "--show-pack-id", "--blob", digest.partition(":")[2])
    (pack,) = set(re.findall(r"pack ([0-9a-f]{64})", found))
    path = Path(saved.plan["target"], "data", pack[:2], pack)
    path.chmod(0o600)
    path.write_bytes(bytes(path.stat().st_size))
    hurt(saved, tmp_path, digest)
    done = saved.heal()
    assert done.figures["lost"] == {digest: "unreadable"}
    assert "restic cannot read its copy" in done.problems[0]
    client(saved.preview).push("r/app", "1.0", image)
    assert client(saved.preview).pull("r/app", "1.0") == image


def test_a_target_that_is_away_changes_nothing_nor_does_a_restore_that_was_cut(
    saved: Saved, tmp_path: Path
) -> None:
    image = pushed(saved.preview, "d/app")
    saved.backup()
    hurt(saved, tmp_path, next(iter(image.blobs)))
    generation = str(Path(saved.secrets).parent)
    restore.request({"snapshot": "", "only": "d/app:1.0"}, generation)
    cut = Path(saved.plan["work"], restore.ORDER).read_text()
    target, away = Path(saved.plan["target"]), tmp_path / "away"
    target.rename(away)
    with pytest.raises(StepError, match="repository"):
        saved.heal()
    away.rename(target)
    saved.heal()
    assert client(saved.preview).pull("d/app", "1.0") == image
    assert Path(saved.plan["work"], restore.ORDER).read_text() == cut


def test_a_restore_by_hand_is_not_disturbed(saved: Saved, tmp_path: Path) -> None:
    image = pushed(saved.preview, "e/app")
    saved.backup()
    hurt(saved, tmp_path, next(iter(image.blobs)))
    lock = str(tmp_path / "lock")
    with ThreadPoolExecutor(1) as pool:
        with files.locked(lock):
            healing = pool.submit(saved.heal, lock)
            assert wait([healing], 0.5).not_done
            saved.restore(only="e/app:1.0")
            # A heal that looked into the repository now would fail.
            Path(saved.plan["target"]).rename(tmp_path / "away")
        assert healing.result().figures == {"healed": {}, "bytes": 0, "lost": {}}
    assert client(saved.preview).pull("e/app", "1.0") == image
