"""Test removals: entries that go and stay, the parts of a plan, and the question."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.removal import (
    clearing,
    looking,
    planning,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage import preflight
from ansible_collections.holdfast.registry.plugins.module_utils.system import paths
from click.testing import CliRunner

from holdfast.cli.main import group
from holdfast.cli.remove import WORDS
from holdfast.errors import InputError


def tree(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_is_kept_stays_wherever_it_is_below(tmp_path: Path) -> None:
    etc = tree(tmp_path / "etc", "tls/a/key.pem", "generations/1/file", "history.jsonl")
    kept = {str(etc / "tls")}
    assert clearing.rest(str(etc), kept)
    clearing.clear(str(etc), kept)
    assert names(etc) == ["tls/a/key.pem"]
    assert not clearing.rest(str(etc), kept)
    clearing.clear(str(etc), ())
    assert not etc.exists()
    clearing.clear(str(etc), ())


def test_a_link_goes_and_its_target_stays(tmp_path: Path) -> None:
    target = tree(tmp_path / "target", "file")
    etc = tree(tmp_path / "etc", "own")
    (etc / "link").symlink_to(target)
    clearing.clear(str(etc), {str(etc / "link" / "file")})
    assert names(target) == ["file"]
    assert not (etc / "link").is_symlink()


def test_only_entries_of_ours_go_from_a_directory_that_is_shared(tmp_path: Path) -> None:
    images = tree(tmp_path / "images", "docker/registry/v2/blob", "holdfast-trash/x", "mine")
    clearing.empty(str(images), clearing.IMAGES)
    assert names(images) == ["mine"]
    (images / "mine").unlink()
    clearing.empty(str(images), clearing.IMAGES)
    assert not images.exists()
    clearing.empty(str(images), clearing.IMAGES)


def test_a_link_in_place_of_images_is_not_followed(tmp_path: Path) -> None:
    other = tree(tmp_path / "other", "file")
    images = tree(tmp_path / "images", "mine")
    (images / "docker").symlink_to(other)
    clearing.empty(str(images), clearing.IMAGES)
    assert names(other) == ["file"]


def test_a_folder_of_the_machine_is_refused() -> None:
    # Never one that is there: what is tested would remove it.
    with pytest.raises(ValueError, match="expected a path below a folder"):
        clearing.clear("/holdfast-is-not-there", ())


def test_a_repository_is_one_by_its_configuration(tmp_path: Path) -> None:
    plan = planning._empty()
    plan["kept"]["backups"] = [str(tree(tmp_path / "other", "data/of-somebody"))]
    assert looking.there(plan, "backups") == []
    plan["kept"]["backups"] += [str(tree(tmp_path / "restic", "config", "data/x"))]
    assert looking.there(plan, "backups") == [str(tmp_path / "restic")]


def test_entries_of_several_generations_are_in_a_plan_once() -> None:
    plan = planning._empty()
    for user in ("one", "two"):
        planning._add(plan, {"users": ["both", user], "kept": {"images": ["/srv/registry"]}})
        planning._add(plan, {"links": {f"/etc/{user}": "target"}})
    assert plan["users"] == ["both", "one", "two"]
    assert plan["kept"]["images"] == ["/srv/registry"]
    assert plan["links"] == {"/etc/one": "target", "/etc/two": "target"}


def test_images_that_a_removal_left_are_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = tree(tmp_path / "images", "docker/registry/v2/blob")
    note = tmp_path / "removal.json"
    monkeypatch.setattr(paths, "REMOVAL", str(note))
    assert preflight.occupied(str(images), adopt=False)
    note.write_text(json.dumps({"kept": {"images": [str(images)]}}))
    monkeypatch.setattr(preflight, "_owner", lambda _: "root")
    assert preflight.occupied(str(images), adopt=False) == []


def test_the_words_of_command_and_host_are_the_same() -> None:
    assert WORDS == planning.WORDS


def test_without_a_terminal_it_has_to_be_confirmed(tmp_path: Path) -> None:
    done = CliRunner().invoke(group, ["remove", "-i", str(tmp_path)])
    assert isinstance(done.exception, InputError)
    assert "--yes: expected it, or a terminal" in done.exception.lines[0]
