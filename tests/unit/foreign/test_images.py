"""A store, in which the registry's user writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.deploy.activate import Activation
from ansible_collections.holdfast.registry.plugins.module_utils.deploy.history import ServingState
from ansible_collections.holdfast.registry.plugins.module_utils.generations.store import (
    MANIFEST,
    Store,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    preflight as storage_preflight,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage.backends import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import (
    Log,
    StepError,
)

from holdfast.verification.probe import store
from tests.unit.foreign.attacker import ATTACKER, ODD, SECRET, given

STORE = "docker/registry/v2"


@pytest.fixture
def images(secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with one file, whose folders belong to the attacker."""
    monkeypatch.setattr(storage_preflight, "USER", ATTACKER.pw_name)
    monkeypatch.setattr(storage_preflight, "GROUP", "root")
    assert secret.exists()
    folder = tmp_path / "images" / STORE / "repositories/a"
    folder.mkdir(parents=True)
    (folder / "link").write_text("sha256:" + "0" * 64)
    for path in (tmp_path / "images").rglob("*"):
        given(path)
    return tmp_path / "images"


@pytest.mark.parametrize("kind", [kind for kind in ODD if kind != "a directory"])
def test_a_move_copies_files_alone(kind: str, images: Path, secret: Path) -> None:
    place = Directory(str(images))
    assert [name for name, _ in place.names()] == [f"{STORE}/repositories/a/link"]
    odd = images / STORE / "repositories/a/odd"
    ODD[kind](odd, secret)
    with pytest.raises(StepError, match=r"a/odd: expected files and directories alone"):
        list(place.names(strict=True))
    with pytest.raises(OSError, match="expected a file"):
        list(place.read(f"{STORE}/repositories/a/odd"))
    odd.unlink()
    odd.symlink_to(images.parent)
    with pytest.raises(StepError, match=r"a/odd: expected files and directories alone"):
        list(place.names(strict=True))
    for act in (
        lambda: list(place.read(f"{STORE}/repositories/a/odd/shadow")),
        lambda: place.remove([f"{STORE}/repositories/a/odd/shadow"]),
        lambda: place.write(f"{STORE}/repositories/a/odd/shadow", iter([b"mine"])),
    ):
        with pytest.raises(OSError, match="expected a directory"):
            act()
    assert secret.read_text() == SECRET


def test_a_move_writes_through_no_link(images: Path, secret: Path) -> None:
    folder = images / STORE / "repositories/a"
    (folder / "new.holdfast-new").symlink_to(secret)
    (folder / "new").symlink_to(secret)
    Directory(str(images)).write(f"{STORE}/repositories/a/new", iter([b"content"]))
    assert (folder / "new").read_bytes() == b"content"
    assert not (folder / "new").is_symlink()
    assert (folder / "new").stat().st_uid == ATTACKER.pw_uid
    assert (secret.read_text(), secret.stat().st_uid) == (SECRET, 0)


def test_a_sample_of_blobs_passes_over_what_is_no_file(images: Path) -> None:
    good = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"  # of foo
    for name, make in ((good, None), ("a" * 64, "a pipe"), ("b" * 64, "an endless file")):
        path = Path(store.blob(str(images), f"sha256:{name}"))
        path.parent.mkdir(parents=True)
        if make:
            ODD[make](path, path)
        else:
            path.write_text("foo")
    assert store.checksums(str(images)) == {"wrong": [], "looked": 3, "of": 3}


@pytest.mark.parametrize(("now", "closed"), [("", True), ("new", True), ("old/inside", False)])
def test_a_directory_that_images_were_moved_from_is_closed(
    now: str, closed: bool, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    old.mkdir(mode=0o755)
    old.chmod(0o755)
    kept = Store(str(tmp_path / "etc"))
    for number, folder in ((1, "old"), (2, now)):
        storage = {"directory": str(tmp_path / folder)} if folder else {}
        (tmp_path / f"etc/generations/{number}").mkdir(parents=True)
        manifest = {"files": {}, "expect": {"storage": storage}}
        Path(kept.path(number, MANIFEST)).write_text(json.dumps(manifest))
    states = [ServingState(number, None, None) for number in (1, 2)]
    no_client: Any = {}
    Activation(kept, *states, no_client, Log())._close_old_images()
    assert old.stat().st_mode & 0o777 == (0o700 if closed else 0o755)
