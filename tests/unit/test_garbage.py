"""Garbage of a store: what is listed, and what is left alone."""

from __future__ import annotations

import time
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.garbage import garbage
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.marks import Marks
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    Store,
    blob,
    layer,
)

D = [f"sha256:{number:064x}" for number in range(6)]


def write(store: Store, place: str) -> str:
    path = Path(store.path(place))
    path.parent.mkdir(parents=True)
    path.write_text("x")
    return place


def found(store: Store, marks: Marks, after: float = 1) -> set[str]:
    return {one.place for one in garbage(store, marks, time.time() + after)}


def test_only_what_nothing_needs_is_garbage(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    places = [write(store, make(one)) for one in D[:4] for make in (blob, link)]
    marks = Marks(live={D[0], D[1]}, layers={"a/b": {D[0]}})
    assert found(store, marks) == {blob(D[2]), blob(D[3]), *map(link, D[1:4])}
    assert found(store, marks, after=-60) == set()
    assert found(store, Marks(live=set(D), layers={"a/b": None})) == set()
    assert found(store, Marks(live=set(D))) == set()  # a repository that is new since the mark
    assert all(map(store.has, places))


def test_other_names_and_links_are_left_alone(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
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


def link(digest: str) -> str:
    return layer("a/b", digest)
