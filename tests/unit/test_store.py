"""Generations on a disk: staged whole, found damaged, never numbered twice."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.generations import comparing
from ansible_collections.holdfast.registry.plugins.module_utils.generations.store import (
    Store,
    same_pool,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, paths
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

from holdfast.rendering import File, Tree

pytestmark = pytest.mark.usefixtures("root")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(paths, "GROUP", "root")
    return Store(str(tmp_path / "etc"))


def staged(store: Store, **contents: str) -> int:
    tree = Tree({path: File(text, 0o440, "root", "root", False) for path, text in contents.items()})
    return store.stage(contents, {"files": tree.index, "identity": tree.digest})


def test_numbers_and_the_current_one(store: Store) -> None:
    assert store.current() is None
    one, two = staged(store, a="1"), staged(store, a="2")
    assert (one, two) == (1, 2)
    store.flip(two)
    assert store.current() == 2
    files.remove(store.path(1))
    assert staged(store, a="3") == 3
    assert store.numbers() == [2, 3]


DAMAGE: dict[str, tuple[Any, str]] = {
    "edit": (lambda path: path.write_text("x"), "a was edited"),
    "chmod": (lambda path: path.chmod(0o644), "a has mode 0644, not 0440"),
    "chown": (lambda path: os.chown(path, 1, 1), "a belongs to daemon:daemon, not root:root"),
    "missing": (lambda path: path.unlink(), "a is missing"),
    "added": (lambda path: path.with_name("b").touch(), "b was added"),
    "link": (lambda path: (path.unlink(), path.symlink_to("/etc/hosts")), "a is no regular file"),
}
UNIT = "systemd/holdfast-registry@.service"
SERVICES = ("registry", "issuer")


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_found(store: Store, what: str) -> None:
    number = staged(store, a="1")
    assert store.damage(number) == []
    spoil, expected = DAMAGE[what]
    spoil(Path(store.path(number, "a")))
    assert store.damage(number) == [expected]


def test_every_service_has_a_link_to_its_socket(store: Store) -> None:
    number = staged(store, **{UNIT: "", "systemd/holdfast-issuer@.service": ""})
    sockets = {name: str(Path(store.path(number, f"{name}.sock")).readlink()) for name in SERVICES}
    assert sockets == {name: f"/run/holdfast/{name}/1.sock" for name in SERVICES}
    assert store.damage(number) == []
    Path(store.path(number, "registry.sock")).unlink()
    assert store.damage(number) == ["registry.sock points elsewhere"]


def test_no_two_generations_in_a_row_share_kept_connections(store: Store) -> None:
    tree = Tree({UNIT: File("", 0o440, "root", "root", False)})
    expect = {"services": {"registry": {"pools": 3}}}
    manifest = {"files": tree.index, "identity": tree.digest, "expect": expect}
    for number in (1, 2, 3):
        assert store.stage({UNIT: ""}, manifest) == number
        link = Path(store.path(number, f"registry-{number % 3}.sock"))
        assert str(link.readlink()) == f"/run/holdfast/registry/{number}.sock"
        assert store.damage(number) == []
    store.flip(1)
    assert store.stage({UNIT: ""}, manifest) == 5
    assert same_pool(manifest, 4, 1)
    assert not same_pool(manifest, 4, 4)
    assert not same_pool(manifest, 4, None)


def test_an_unchanged_file_keeps_its_time(store: Store) -> None:
    one = staged(store, a="same", b="old")
    os.utime(store.path(one, "a"), (1, 1))
    store.flip(one)
    two = staged(store, a="same", b="new")
    assert Path(store.path(two, "a")).stat().st_mtime == 1
    assert Path(store.path(two, "b")).stat().st_mtime > 1


def test_a_cut_staging_is_cleared_away(store: Store) -> None:
    staged(store, a="1")
    leftover = Path(store.generations) / ".staging"
    leftover.mkdir()
    (leftover / "half").touch()
    assert staged(store, a="2") == 2
    assert store.damage(2) == []


def test_two_generations_are_compared_without_secrets(store: Store) -> None:
    def file(text: str, *, mode: int = 0o440, secret: bool = False) -> File:
        return File(text, mode, "root", "root", secret)

    trees = (
        {"a": file("1\n"), "b": file("x"), "c": file("old"), "s": file("secret-1", secret=True)},
        {"a": file("2\n"), "b": file("x", mode=0o400), "n": file(""), "p.py": file("import os")},
    )
    for tree in trees:
        texts = {path: one.content for path, one in tree.items()}
        store.stage(texts, {"files": Tree(tree).index, "identity": ""})
    found = {
        one.get("before_header") or one["prepared"]: one
        for one in comparing.differences(store, 1, 2)
    }
    assert set(found) == {
        *("a", "c", "n", "b: 0440 root:root -> 0400 root:root"),
        *("s: gone (a secret is not shown)", "p.py: new (a program of holdfast's)"),
    }
    assert (found["a"]["before"], found["a"]["after"], found["a"]["sides"]) == (
        *("1\n", "2\n"),
        ["1", "2"],
    )
    assert "secret-1" not in str(found)
    assert comparing.differences(store, 2, 2) == []


def test_a_generation_that_is_gone_cannot_be_compared(store: Store) -> None:
    staged(store, a="1")
    with pytest.raises(StepError, match="generation 7: expected a kept one, there are 1") as caught:
        comparing.differences(store, 1, 7)
    assert caught.value.wrong_input
