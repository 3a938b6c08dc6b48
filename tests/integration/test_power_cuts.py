"""A power cut at each step of the gate: what was not synced may be lost, and no image is.

The steps run over a real directory. What the registry and clients write counts as synced.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.collect import Collection
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.gate.protocol import (
    Gate,
    StaleCycleError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.taking import whole
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests, files

from tests import trials
from tests.integration.cut_disk import Disk, noted, states

REPOSITORY = "team/app"


def put(store: Directory, place: str, content: bytes) -> None:
    path = Path(store.path(place))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def upload(store: Directory, content: bytes) -> str:
    """Write a blob with its link, as an upload does; return its digest."""
    digest = digests.of(content, "sha256")
    put(store, places.blob(digest), content)
    put(store, places.layer(REPOSITORY, digest), digest.encode())
    return digest


@dataclass
class Steps:
    """Steps of clients and of a clean-up over one disk."""

    disk: Disk
    store: Directory
    gate: Gate
    patch: pytest.MonkeyPatch

    def push(self, tag: str, *layers: str) -> str:
        """Push an image of layers that were uploaded; it is acknowledged in the end."""
        content = json.dumps({"layers": [{"digest": one} for one in layers]}).encode()
        digest = digests.of(content, "sha256")
        links = {places.layer(REPOSITORY, one) for one in layers}
        wanted = links | {places.blob(one) for one in layers}
        with noted(self.disk, self.patch), self.gate.pushing(REPOSITORY, wanted) as gone:
            assert not gone
        # The registry writes the manifest now, which counts as synced: so it is part of all states.
        wrote = {
            places.blob(digest): content,
            places.revision(REPOSITORY, digest): digest.encode(),
            f"{places.tag(REPOSITORY, tag)}/current/link": digest.encode(),
        }
        for place, text in wrote.items():
            put(self.store, place, text)
            parts = f"{places.STORE}/{place}".split("/")
            folders = {"/".join(parts[:n]): None for n in range(1, len(parts))}
            self.disk.first = {**folders, **self.disk.first, "/".join(parts): text}
        self.disk.acknowledged[tag] = wanted | set(wrote)
        self.disk.cut()
        return digest

    def write(self, tag: str, digest: str) -> None:
        """Write a tag as the gate does where the registry's cache lies."""
        place = f"{places.tag(REPOSITORY, tag)}/current/link"
        with noted(self.disk, self.patch):
            self.store.write(place, digest.encode())
        needs = whole(self.store, REPOSITORY, digest)
        self.disk.acknowledged[tag] = {*needs, place}
        self.disk.cut()

    def trash(self, cycle: str, *some: str) -> list[str]:
        """Move places to the trash, in as many batches as a busy machine needs."""
        done, left = list[str](), list(some)
        with noted(self.disk, self.patch):
            while left:
                answer = self.gate.trash(cycle, left)
                done, left = done + answer["done"], answer["left"]
        return done


def run(tmp_path: Path, patch: pytest.MonkeyPatch) -> Disk:
    """Run pushes beside a clean-up; return the disk with all that was noted."""
    top = tmp_path / "images"
    top.mkdir()
    disk, store = Disk(top), Directory(str(top))
    steps = Steps(disk, store, Gate(store), patch)
    shared, wanted, foreign = (upload(store, text) for text in (b"shared", b"wanted", b"foreign"))
    disk.begin()
    steps.push("one", shared)
    cycle = steps.gate.begin()
    garbage = [places.blob(wanted), places.layer(REPOSITORY, wanted), places.blob(foreign)]
    assert set(steps.trash(cycle, *garbage)) == set(garbage)
    # As of a repository that somebody has tidied: the gate makes the folder again.
    folder = Path(store.path(places.layer(REPOSITORY, wanted))).parent
    with noted(disk, patch):
        folder.rmdir()
        disk.note(str(folder.relative_to(top)), "")
    two = steps.push("two", shared, wanted)
    assert steps.trash(cycle, *garbage) == []  # a push needs two, and one is there already
    assert store.is_trashed(places.blob(foreign))
    with noted(disk, patch):
        steps.gate.purge(cycle, [places.blob(foreign)])
    steps.gate.end(cycle)
    take_and_undo(steps, two)
    steps.write("three", two)
    return disk


def take_and_undo(steps: Steps, two: str) -> None:
    """Take a tag away with its image, and bring it back."""
    tag, cycle = places.tag(REPOSITORY, "two"), steps.gate.begin()
    needs = steps.disk.acknowledged.pop("two")
    some = [tag, places.revision(REPOSITORY, two), places.blob(two)]
    assert steps.trash(cycle, *some) == some
    wanted = whole(steps.store, REPOSITORY, two)
    with noted(steps.disk, steps.patch), steps.gate.pushing(REPOSITORY, wanted) as gone:
        assert not gone
        assert steps.store.restore(tag)
    steps.disk.acknowledged["two"] = needs
    steps.disk.cut()
    steps.gate.end(cycle)


def lost(disk: Disk, most: int) -> set[str]:
    """Return the acknowledged images that a cut can break."""
    found = set()
    for state, acknowledged in states(disk, most):
        for name, needs in acknowledged.items():
            if any(state.get(f"{places.STORE}/{one}") is None for one in needs):
                found.add(name)
    return found


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    return run(tmp_path, monkeypatch)


def test_no_acknowledged_image_is_lost(disk: Disk) -> None:
    assert len(disk.cuts) > 30
    assert set(disk.acknowledged) == {"one", "two", "three"}
    assert lost(disk, trials.times(32, 256)) == set()


def test_without_a_sync_images_are_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test above: it sees what a gate without syncs loses."""
    monkeypatch.setattr(files, "sync_directory", lambda _: None)
    assert lost(run(tmp_path, monkeypatch), 8) >= {"two", "three"}


def test_without_a_sync_of_new_folders_images_are_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        files, "make_synced", lambda path: Path(path).mkdir(parents=True, exist_ok=True)
    )
    assert lost(run(tmp_path, monkeypatch), 8) >= {"two", "three"}


class InProcess:
    """A cycle of a gate without a socket."""

    def __init__(self, gate: Gate) -> None:
        self._gate, self._name = gate, gate.begin()

    def __getattr__(self, verb: str) -> Callable[[list[str]], Any]:
        return lambda some: getattr(self._gate, verb)(self._name, some)


def test_the_next_gate_and_clean_up_go_on(disk: Disk, tmp_path: Path) -> None:
    """A cycle of before the cut is refused, and a collection without patience breaks nothing."""
    dice = random.Random(2)
    found = list(states(disk, 8))
    for number, (state, acknowledged) in enumerate(dice.sample(found, trials.times(10, 60))):
        top = tmp_path / f"after-{number}"
        for path, content in sorted(state.items()):
            if content is None:
                (top / path).mkdir(parents=True)
            else:
                (top / path).write_bytes(content)
        store = Directory(str(top))
        gate = Gate(store)
        with pytest.raises(StaleCycleError):
            gate.trash("of the gate before", [])
        collection = Collection(store, 0, 0, now=lambda: time.time() + 1)
        cycle: Any = InProcess(gate)
        collection.run(cycle, lambda: None)
        for needs in acknowledged.values():
            assert store.missing(needs) == []
