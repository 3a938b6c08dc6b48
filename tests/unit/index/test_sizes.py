"""The index says of a store what brute force over its files says, after any change."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.index import (
    schema,
    sizes,
    writing,
)

from tests import trials
from tests.unit.index.stores import Truth, World


def opened(path: Path) -> sqlite3.Connection:
    return schema.opened(str(path / "index.db"))


def rebuilt(store: Directory, path: Path) -> sqlite3.Connection:
    schema.wipe(str(path / "fresh.db"))
    fresh = schema.opened(str(path / "fresh.db"))
    for one in store.repositories():
        writing.update(fresh, store, one.name)
    return fresh


def contents(database: sqlite3.Connection) -> dict[str, Any]:
    """Return all that an index says, without its own numbers."""
    queries = {
        "repositories": "select name, signature from repository",
        "manifests": "select digest, kind, full, platform, labels, subject from manifest",
        "members": "select name, digest from member join repository on repository.id=repository"
        " join manifest on manifest.id=manifest",
        "tags": "select repository.name, tag.name, digest from tag"
        " join repository on repository.id=repository join manifest on manifest.id=manifest",
        "blobs": "select digest, bytes, here, images, repositories from blob",
        "children": "select digest, platform from child",
    }
    return {name: sorted(database.execute(query)) for name, query in queries.items()}


def agrees(database: sqlite3.Connection, truth: Truth) -> None:
    numbers = dict(database.execute("select name, id from repository"))
    assert numbers.keys() == truth.names
    for name, number in numbers.items():
        assert tuple(sizes.of(database, number)) == truth.sizes(name), name
        tags = database.execute(
            "select tag.name, digest from tag join manifest on manifest.id=manifest"
            " where repository=?",
            (number,),
        )
        assert dict(tags) == truth.tags[name]
    rows = sizes.repositories(database)
    assert {name: (row["apparent"], row["real"], row["alone"]) for name, row in rows.items()} == {
        name: truth.sizes(name)[:3] for name in truth.names
    }
    held = [truth.held(name) for name in truth.names]
    for digest, size, shared in database.execute("select digest, bytes, repositories from blob"):
        assert shared == sum(digest in some for some in held), digest
        assert size == len(truth.blobs.get(digest, b""))
    assert sizes.stored(database) == truth.size(set().union(*held))


@pytest.mark.parametrize("seed", range(trials.times(12, 400)))
def test_sizes_and_counts_are_those_of_the_files(tmp_path: Path, seed: int) -> None:
    store = Directory(str(tmp_path / "images"))
    world, database = World(store, seed), opened(tmp_path)
    for _ in range(6):
        touched = {world.step() for _ in range(world.random.randint(1, 6))}
        for name in touched:
            writing.update(database, store, name)
        for name in world.NAMES:  # what no hint names, such as a blob that is lost
            again_all(database, store, name)
        agrees(database, Truth(store.root))
        assert contents(database) == contents(rebuilt(store, tmp_path))


def again_all(database: sqlite3.Connection, store: Directory, name: str) -> None:
    writing.update(database, store, name, again=True)
