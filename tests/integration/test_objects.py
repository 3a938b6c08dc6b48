"""A store in a bucket of a real S3 server: the gate's moves, and what a list shows."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.garbage import is_garbage
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.objects import Objects
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_pool import Pool
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

from tests.integration import s3

D = [digests.of(bytes([n])) for n in range(40)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.Server]:
    with s3.serving(tmp_path_factory.mktemp("s3"), versions=True) as one:
        yield one


def store_of(server: s3.Server, root: str = "") -> Objects:
    return Objects(Pool(server.bucket), root)


def test_what_is_discarded_comes_back_without_a_copy(server: s3.Server) -> None:
    store, place = store_of(server, "one"), places.blob(D[0])
    store.write(place, b"content")
    assert (store.has(place), store.is_trashed(place)) == (True, False)
    assert store.discard([place, places.blob(D[1])]) == [place]
    assert (store.has(place), store.is_trashed(place)) == (False, True)
    assert (store.read(place), store.size(place)) == (b"content", 7)
    assert store.discard([place]) == []
    assert store.restore(place)
    assert not store.restore(place)
    assert (store.has(place), store.read(place)) == (True, b"content")


def test_what_is_pushed_again_stays(server: s3.Server) -> None:
    store, place = store_of(server, "two"), places.blob(D[0])
    store.write(place, b"old")
    store.discard([place])
    store.write(place, b"new")
    assert not store.restore(place)
    assert store.purge([place]) == []
    assert store.read(place) == b"new"


def test_what_is_purged_is_gone_with_all_versions(server: s3.Server) -> None:
    store, place = store_of(server, "three"), places.blob(D[0])
    for text in (b"a", b"bb"):
        store.write(place, text)
        store.discard([place])
    assert store.purge([place, places.blob(D[1])]) == [place]
    assert (store.read(place), store.is_trashed(place), store.restore(place)) == (
        None,
        False,
        False,
    )
    assert not list(store.look().trashed())


def test_nobody_finds_a_content_that_is_about_to_go(server: s3.Server) -> None:
    sent: list[str] = []

    class Watched(Objects):
        def _delete(self, which: list[tuple[str, str]]) -> None:
            sent.extend(number for _, number in which)
            super()._delete(which)

    store, place = Watched(Pool(server.bucket), "order"), places.blob(D[0])
    for _ in range(2):
        store.write(place, b"content")
        store.discard([place])
    found = {one.number: one.marker for one in store._versions(place)}
    sent.clear()
    store.purge([place])
    assert [found[number] for number in sent] == [False, False, True, True]


def test_a_list_shows_store_and_trash(server: s3.Server) -> None:
    store = store_of(server, "four")
    store.write(places.layer("a/b", D[0]), D[0].encode())
    store.write(places.layer("a/b", D[1]), D[1].encode())
    store.write(places.revision("a/b", D[2]), D[2].encode())
    store.write(f"{places.tag('a/b', 'latest')}/current/link", D[2].encode())
    for one in D:
        store.write(places.blob(one), b"12345")
    store.write("repositories/a/b/_uploads/x/data", b"")
    store.discard(
        [places.blob(D[3]), places.layer("a/b", D[1]), "repositories/a/b/_uploads/x/data"]
    )
    look = store.look()
    (repository,) = look.repositories()
    assert repository.name == "a/b"
    assert list(repository.revisions()) == [D[2]]
    assert list(repository.tags()) == [("latest", D[2])]
    assert [digest for _, digest in repository.links()] == [D[0]]
    assert not list(repository.links({D[0]}))
    assert {digest for _, digest in look.blobs({D[0]})} == {*D} - {D[0], D[3]}
    assert all(one.size == 5 and abs(one.time - time.time()) < 60 for one, _ in look.blobs())
    trash = {one.place: one for one in look.trashed()}
    assert {one.place for one in trash.values() if is_garbage(one)} == {
        places.blob(D[3]), places.layer("a/b", D[1])
    }  # fmt: skip
    assert trash[places.blob(D[3])].size == 5
    assert list(store.repository("a/b").revisions()) == [D[2]]
    assert list(store.repository("a").revisions()) == []


def test_nothing_is_discarded_without_versions(server: s3.Server) -> None:
    store, place = store_of(server, "five"), places.blob(D[0])
    store.write(place, b"content")
    s3.keep_versions(server, "Suspended")
    try:
        with pytest.raises(OSError, match="Enable versioning of the bucket"):
            store.discard([place])
        assert store.refusal()
    finally:
        s3.keep_versions(server)
    assert store.has(place)
    assert store.refusal() == ""


@pytest.mark.parametrize("place", ["/", "", "..", "a/../../b", "/blobs"])
def test_a_place_outside_of_the_store_is_no_key(server: s3.Server, place: str) -> None:
    with pytest.raises(ValueError, match="expected a place below"):
        store_of(server).key(place)
