"""Quotas: the count equals a naive one, whatever is pushed, deleted and listed again."""

from __future__ import annotations

import json
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate import scopes
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.gate.quotas import Quotas
from ansible_collections.holdfast.registry.plugins.module_utils.gate.scopes import item_of
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    blob,
    revision,
    tag,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests, files
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

LAYERS = [f"layer {number}".encode().ljust(100 + number, b".") for number in range(5)]
REPOSITORIES = ("team/a", "team/b", "other")
PATTERNS = {"team/*": "team/[^/]*"}


def quota(size: int | None, tags: int | None = None) -> Any:
    return {"number": 0, "repositories": PATTERNS, "bytes": size, "tags": tags}


def manifest_of(layers: set[int]) -> bytes:
    named = [{"digest": digests.of(LAYERS[one])} for one in sorted(layers)]
    return json.dumps({"layers": named}).encode()


class Disk:
    """A store, as a registry writes it."""

    def __init__(self, directory: str) -> None:
        self.store = Directory(directory)
        for layer in LAYERS:
            self.store.write(blob(digests.of(layer)), layer)

    def push(self, repository: str, name: str, content: bytes) -> None:
        digest = digests.of(content)
        self.store.write(blob(digest), content)
        self.store.write(revision(repository, digest), digest.encode())
        self.store.write(f"{tag(repository, name)}/current/link", digest.encode())

    def remove(self, place: str) -> None:
        files.remove(self.store.path(place))


class Pushing(RuleBasedStateMachine):
    """Pushes, deletes and restarts in any order, with a limit that is often reached."""

    SIZE, TAGS = 900, 5

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        self.disk = Disk(self.place.name)
        self.quotas = Quotas(self.disk.store)
        self.manifests: set[tuple[str, bytes]] = set()
        self.tags: dict[tuple[str, str], bytes] = {}

    def teardown(self) -> None:
        self.place.cleanup()

    @rule(
        repository=st.sampled_from(REPOSITORIES),
        name=st.sampled_from(("1", "2", "3")),
        layers=st.sets(st.integers(0, 4), min_size=1, max_size=3),
        status=st.sampled_from((True, True, False)),
    )
    def push(self, repository: str, name: str, layers: set[int], status: bool) -> None:
        content = manifest_of(layers)
        after = {*self.manifests, (repository, content)}, {*self.tags, (repository, name)}
        item = item_of(self.disk.store, repository, name, digests.of(content), content)
        with self.quotas.held([quota(self.SIZE, self.TAGS)], item) as held:
            if not held.findings:
                if status:
                    self.disk.push(repository, name, content)
                    self.manifests, self.tags[repository, name] = after[0], content
                held.taken = status
        if repository.startswith("team/"):
            size, tags = self.used(*after)
            grows = size > self.used(self.manifests, set(self.tags))[0]
            if not held.findings:
                assert not status or (size <= self.SIZE and tags <= self.TAGS)
            else:
                assert (size > self.SIZE and grows) or tags > self.TAGS

    @rule(repository=st.sampled_from(REPOSITORIES), layers=st.sets(st.integers(0, 4), max_size=3))
    def delete(self, repository: str, layers: set[int]) -> None:
        content = manifest_of(layers)
        self.disk.remove(revision(repository, digests.of(content)))
        self.manifests.discard((repository, content))
        for key in [key for key, value in self.tags.items() if value == content]:
            if key[0] == repository:
                self.disk.remove(tag(*key))
                del self.tags[key]
        self.quotas.changed(repository)

    @rule()
    def restart(self) -> None:
        self.quotas = Quotas(self.disk.store)

    def used(
        self, manifests: set[tuple[str, bytes]], tags: set[tuple[str, str]]
    ) -> tuple[int, int]:
        """Return bytes and tags, counted from the start."""
        own = [content for repository, content in manifests if repository.startswith("team/")]
        named = {one["digest"] for content in own for one in json.loads(content)["layers"]}
        sizes = {digests.of(layer): len(layer) for layer in LAYERS}
        size = sum(sizes[one] for one in named) + sum(map(len, set(own)))
        return size, sum(repository.startswith("team/") for repository, _ in tags)

    @invariant()
    def the_count_is_right(self) -> None:
        expected = self.used(self.manifests, set(self.tags))
        assert self.quotas.amounts(quota(1)) == expected


TestPushing = Pushing.TestCase
TestPushing.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(str(tmp_path))


def test_what_is_being_pushed_counts(disk: Disk) -> None:
    one, other = manifest_of({0}), manifest_of({1})
    found = Quotas(disk.store)
    first = item_of(disk.store, "team/a", "1", digests.of(one), one)
    second = item_of(disk.store, "team/b", "1", digests.of(other), other)
    with found.held([quota(300)], first) as held:
        assert not held.findings
        with found.held([quota(300)], second) as other_held:
            (finding,) = other_held.findings
        held.taken = False
    assert finding.rule == "registry_quotas[0]"
    assert finding.text.startswith("the quota of team/* is used up: ")
    with found.held([quota(300)], second) as held:
        assert not held.findings


def test_a_tag_without_its_manifest_counts_as_a_tag_alone(disk: Disk) -> None:
    content = manifest_of({0})
    disk.push("team/a", "1", content)
    disk.remove(revision("team/a", digests.of(content)))
    found = Quotas(disk.store)
    assert found.amounts(quota(1)) == (0, 1)
    item = item_of(disk.store, "team/a", "1", digests.of(content), content)
    with found.held([quota(1000)], item) as held:
        held.taken = True
    assert found.amounts(quota(1)) == (sum(item.sizes.values()), 1)


def test_a_failure_is_counted_from_the_store(disk: Disk) -> None:
    content = manifest_of({0, 1})
    found, item = Quotas(disk.store), None
    item = item_of(disk.store, "team/a", "1", digests.of(content), content)
    with pytest.raises(OSError), found.held([quota(1000)], item):
        disk.push("team/a", "1", content)
        raise OSError("no answer")
    assert found.amounts(quota(1000)).tags == 1
    assert found.amounts(quota(1000)).bytes == sum(item.sizes.values())


def test_deletes_that_pass_elsewhere_are_seen_before_a_refusal(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scopes, "REST", 0.0)
    content, other = manifest_of({0}), manifest_of({1})
    disk.push("team/a", "1", content)
    found = Quotas(disk.store)
    item = item_of(disk.store, "team/a", "2", digests.of(other), other)
    with found.held([quota(None, tags=1)], item) as held:
        assert [one.condition for one in held.findings] == ["tags"]
    disk.remove(tag("team/a", "1"))
    with found.held([quota(None, tags=1)], item) as held:
        assert not held.findings


def test_many_at_once_stay_below_a_limit(disk: Disk) -> None:
    found, barrier = Quotas(disk.store), threading.Barrier(8)

    def push(number: int) -> None:
        barrier.wait()
        for count in range(20):
            name = f"{number}-{count}"
            content = json.dumps({"layers": [], "name": name}).encode()
            item = item_of(disk.store, "team/a", name, digests.of(content), content)
            with found.held([quota(None, tags=50)], item) as held:
                if not held.findings:
                    disk.push("team/a", name, content)
                    held.taken = True

    threads = [threading.Thread(target=push, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.amounts(quota(None, tags=50)).tags == 50
    assert Quotas(disk.store).amounts(quota(None, tags=50)).tags == 50
