"""A damaged blob comes back from a backup, by the command that a scrub names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import blob
from ansible_collections.holdfast.registry.plugins.module_utils.jobs import scrub
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Image,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.http import RegistryError
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.proofs import Proofs
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import Outcome
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

from holdfast.preview import Preview
from tests.integration.backups import Saved, find_restic, saved_in, saving
from tests.integration.gated import client, store

COMMAND = re.compile(r"or run: holdfast restore --only (\S+)")


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


def command_of(done: Outcome, repository: str) -> str:
    """Return what the command that a scrub names restores."""
    (line,) = [one for one in done.problems if one.startswith(f"{repository}:")]
    found = COMMAND.search(line)
    assert found, line
    return found[1]


@pytest.mark.parametrize("part", ["layer", "manifest"])
def test_the_command_that_a_scrub_names_heals_the_image(
    saved: Saved, tmp_path: Path, part: str
) -> None:
    name = f"a/{part}"
    image = pushed(saved.preview, name)
    digest = image.digest if part == "manifest" else next(iter(image.blobs))
    assert saved.backup().problems == ()
    flip(saved.preview, digest)
    only = command_of(scrubbed(saved, tmp_path), name)
    assert only == f"{name}:1.0"
    with pytest.raises(RegistryError):
        client(saved.preview).pull(name, "1.0")
    done = saved.restore(only=only)
    assert done.problems == ()
    assert done.figures["blobs"] == 1
    assert client(saved.preview).pull(name, "1.0") == image
    assert scrubbed(saved, tmp_path).problems == ()


def test_an_older_snapshot_heals_what_the_newest_one_lacks(saved: Saved, tmp_path: Path) -> None:
    saved.plan["keep"] = {}  # of one day only the newest snapshot would stay
    saved.write()
    image = pushed(saved.preview, "b/app")
    good = saved.backup().figures["snapshot"]
    flip(saved.preview, next(iter(image.blobs)))
    only = command_of(scrubbed(saved, tmp_path), "b/app")
    assert saved.backup().figures["broken"]
    with pytest.raises(StepError, match="Choose another snapshot: --snapshot"):
        saved.restore(only=only)
    assert saved.restore(snapshot=good, only=only).problems == ()
    assert client(saved.preview).pull("b/app", "1.0") == image


def test_damage_that_was_saved_comes_not_back(saved: Saved, tmp_path: Path) -> None:
    image = pushed(saved.preview, "c/app")
    flip(saved.preview, next(iter(image.blobs)))
    saved.backup()
    only = command_of(scrubbed(saved, tmp_path), "c/app")
    assert "some are missing or damaged" in "\n".join(saved.restore(only=only).problems)
    with pytest.raises(RegistryError):
        client(saved.preview).pull("c/app", "1.0")
    client(saved.preview).push("c/app", "1.0", image)
    assert client(saved.preview).pull("c/app", "1.0") == image


def test_a_target_that_is_away_changes_nothing(saved: Saved, tmp_path: Path) -> None:
    image = pushed(saved.preview, "d/app")
    saved.backup()
    flip(saved.preview, next(iter(image.blobs)))
    only = command_of(scrubbed(saved, tmp_path), "d/app")
    target, away = Path(saved.plan["target"]), tmp_path / "away"
    target.rename(away)
    with pytest.raises(StepError, match="repository"):
        saved.restore(only=only)
    away.rename(target)
    saved.restore(only=only)
    assert client(saved.preview).pull("d/app", "1.0") == image
