"""Garbage of a store: what is listed, and what is left alone."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.collect import Collection
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.garbage import garbage
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.marks import Marks
from ansible_collections.holdfast.registry.plugins.module_utils.gate import protocol
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import blob, layer

D = [f"sha256:{number:064x}" for number in range(6)]


def write(store: Directory, place: str) -> str:
    path = Path(store.path(place))
    path.parent.mkdir(parents=True)
    path.write_text("x")
    return place


def found(store: Directory, marks: Marks, after: float = 1) -> set[str]:
    return {one.place for one in garbage(store, marks, time.time() + after)}


def test_only_what_nothing_needs_is_garbage(tmp_path: Path) -> None:
    store = Directory(str(tmp_path))
    places = [write(store, make(one)) for one in D[:4] for make in (blob, link)]
    marks = Marks(live={D[0], D[1]}, layers={"a/b": {D[0]}})
    assert found(store, marks) == {blob(D[2]), blob(D[3]), *map(link, D[1:4])}
    assert found(store, marks, after=-60) == set()
    assert found(store, Marks(live=set(D), layers={"a/b": None})) == set()
    assert found(store, Marks(live=set(D))) == set()  # a repository that is new since the mark
    assert all(map(store.has, places))


def test_other_names_and_links_are_left_alone(tmp_path: Path) -> None:
    store = Directory(str(tmp_path))
    write(store, blob(D[4]))
    folder = Path(store.path("blobs/sha256"))
    for name in ("notes", "00", D[0][7:-1], D[0][7:].replace("0", "A")):
        (folder / "00" / name).mkdir()
        (folder / "00" / name / "data").write_text("x")
    (folder / "0" / D[1][7:]).mkdir(parents=True)
    (folder / "0" / D[1][7:] / "data").write_text("x")
    (folder / "00" / D[2][7:]).symlink_to(folder / "00" / D[4][7:])
    (folder / "00" / D[3][7:]).mkdir()
    assert found(store, Marks()) == {blob(D[4])}


@pytest.mark.parametrize("seconds", [0.0, 60.0])
def test_a_batch_ends_when_pushes_have_waited_long_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(protocol, "MOST_SECONDS", seconds)
    store = Directory(str(tmp_path))
    places = [write(store, blob(one)) for one in D]
    gate = protocol.Gate(store)
    answer = gate.trash(gate.begin(), places)
    count = 1 if seconds == 0 else len(D)  # one at least, so that it comes to an end
    assert (answer["done"], answer["left"]) == (places[:count], places[count:])
    assert [one for one in places if not store.has(one)] == places[:count]


def test_what_a_batch_leaves_is_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MOST_SECONDS", 0.0)
    store = Directory(str(tmp_path))
    places = {write(store, blob(one)) for one in D}
    gate = protocol.Gate(store)
    name = gate.begin()
    cycle: Any = SimpleNamespace(
        trash=lambda some: gate.trash(name, some),
        restore=lambda some: gate.restore(name, some),
        purge=lambda some: gate.purge(name, some),
    )
    done = Collection(store, -60, 3600).run(cycle, lambda: None)
    assert done["moved"]["files"] == len(places)
    assert not any(map(store.has, places))


def link(digest: str) -> str:
    return layer("a/b", digest)


def test_a_batch_that_comes_twice_leaves_what_it_has_moved(tmp_path: Path) -> None:
    store = Directory(str(tmp_path))
    place = write(store, blob(D[0]))
    assert store.discard([place]) == [place]
    assert store.discard([place]) == []
    assert store.is_trashed(place)
