"""A search finds what brute force over the names finds, whatever is typed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.index import (
    schema,
    searching,
    writing,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.index import stores

TAGS = {
    "team-a/api": ["v1.2", "v1.3-rc1", "latest", "main-0a1b2c3d"],
    "team-a/web": ["v1.2", "LATEST"],
    "team-b/api-gateway": ["nightly", "pr-7"],
    "x": ["v2"],
}
LABELS = {
    "org.opencontainers.image.title": 'a "quoted" title',
    "org.opencontainers.image.revision": "0123456789abcdef0123456789abcdef01234567",
    "maintainer": "Größe & Co <team@example.com>",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    found = Directory(str(tmp_path_factory.mktemp("images")))
    for name, tags in TAGS.items():
        for one in tags:
            digest = stores.image(found, [name.encode(), one.encode()], {**LABELS, "tag": one})
            stores.revision(found, name, digest)
            stores.tag(found, name, one, digest)
    return found


@pytest.fixture(scope="module")
def database(
    store: Directory, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[sqlite3.Connection]:
    found = schema.opened(str(tmp_path_factory.mktemp("index") / "index.db"))
    for name in TAGS:
        writing.update(found, store, name)
    yield found
    found.close()


def of_kind(found: list[dict[str, Any]], kind: str) -> list[tuple[str, str]]:
    return sorted((one["repository"], one["tag"]) for one in found if one["kind"] == kind)


PIECES = sorted({*TAGS, *(tag for some in TAGS.values() for tag in some), '"quoted"', "größe"})
TYPED = st.lists(
    st.one_of(
        st.sampled_from(PIECES).flatmap(
            lambda one: st.tuples(st.integers(0, len(one) - 1), st.integers(1, len(one))).map(
                lambda pair: one[pair[0] : pair[0] + pair[1]]
            )
        ),
        st.text(max_size=5),
    ),
    min_size=1,
    max_size=3,
).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(text=TYPED)
def test_names_and_tags_are_those_with_all_words(database: sqlite3.Connection, text: str) -> None:
    found = searching.search(database, text, most=1000)
    words = searching.split(text)
    names = [(name, "") for name in TAGS if words and all(word in name for word in words)]
    assert of_kind(found, "repository") == sorted(names)
    tags = [
        (name, tag)
        for name, some in TAGS.items()
        for tag in some
        if words
        and all(len(word) >= 3 for word in words)
        and any(word in tag.lower() for word in words)
        and all(word in tag.lower() or word in name for word in words)
    ]
    assert of_kind(found, "tag") == sorted(tags)


def test_a_name_with_a_tag_is_found_as_it_is_written(database: sqlite3.Connection) -> None:
    found = searching.search(database, "team-a/api:v1.2")
    assert of_kind(found, "tag") == [("team-a/api", "v1.2")]


def test_a_label_is_found_with_its_text(database: sqlite3.Connection) -> None:
    found = searching.search(database, '"quoted" title', most=100)
    every = sorted((name, tag) for name, some in TAGS.items() for tag in some)
    assert of_kind(found, "label") == every
    assert {one["label"] for one in found} == {'org.opencontainers.image.title=a "quoted" title'}


def test_a_digest_is_found_by_its_beginning(database: sqlite3.Connection, store: Directory) -> None:
    layer = stores.sha(b"pr-7")
    for text in (layer, layer[7:], layer[7:19]):
        found = searching.search(database, text)
        assert found == [
            {"kind": "layer", "repository": "team-b/api-gateway", "tag": "pr-7", "digest": layer}
        ]
    digest = dict(store.repository("x").tags())["v2"]
    assert of_kind(searching.search(database, digest), "manifest") == [("x", "v2")]
    assert searching.search(database, "fffffffffffffffffff") == []


def test_an_image_is_found_by_its_revision_and_not_by_a_piece_of_it(
    database: sqlite3.Connection,
) -> None:
    found = searching.search(database, "01234567", most=100)
    assert len(of_kind(found, "revision")) == sum(map(len, TAGS.values()))
    assert searching.search(database, "cdef0123") == []


def test_what_is_gone_is_not_found(tmp_path: Path) -> None:
    store = Directory(str(tmp_path / "images"))
    database = schema.opened(str(tmp_path / "index.db"))
    digest = stores.image(store, [b"1"], {"key": "remarkable"})
    stores.revision(store, "app", digest)
    for one in ("first", "second"):
        stores.tag(store, "app", one, digest)
    writing.update(database, store, "app")
    stores.untag(store, "app", "first")
    writing.update(database, store, "app")
    assert searching.search(database, "first") == []
    assert of_kind(searching.search(database, "remarkable"), "label") == [("app", "second")]
    stores.untag(store, "app", "second")
    stores.unlink(store, "app", digest)
    writing.update(database, store, "app")
    for word in ("second", "remarkable", "app", digest):
        assert searching.search(database, word) == []
