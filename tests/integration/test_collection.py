"""A garbage collection beside a real registry: what it moves, keeps, removes and brings back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.collect import Collection
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.marks import Memory
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    blob,
    layer,
    revision,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Image,
    two_layer_image,
)

from holdfast.preview import Preview
from tests.integration.gated import behind_gate, client, cycle_of, store


@pytest.fixture(scope="module")
def preview(registry_binary: Path) -> Iterator[Preview]:
    """A registry behind a gate; without a cache, as after a flush."""
    with behind_gate(registry_binary, "none") as running:
        yield running


def collection(preview: Preview, grace: float = 0, undo: float = 3600) -> Collection:
    # A clock a little ahead: a file of this moment is old enough.
    return Collection(store(preview), grace, undo, now=lambda: time.time() + 1)


def pushed(preview: Preview, repository: str, text: str) -> Image:
    image = two_layer_image(text)
    client(preview).push(repository, "latest", image)
    return image


def test_what_no_manifest_needs_goes_and_comes_back(preview: Preview) -> None:
    files = store(preview)
    kept, dropped = pushed(preview, "a/kept", "kept"), pushed(preview, "a/dropped", "dropped")
    client(preview).delete("a/dropped", dropped.digest)
    own = set(dropped.blobs) - set(kept.blobs)
    gone = [*map(blob, own), blob(dropped.digest), *(layer("a/dropped", d) for d in dropped.blobs)]
    plan = collection(preview).plan()
    assert plan["garbage"]["files"] == len(gone)
    assert all(map(files.has, gone))
    with cycle_of(preview) as cycle:
        done = collection(preview).run(cycle, flush=lambda: pytest.fail("nothing is removed"))
    assert done["moved"] == plan["garbage"]
    assert not any(map(files.has, gone))
    assert client(preview).pull("a/kept", "latest") == kept
    with cycle_of(preview) as cycle:
        assert collection(preview).undo(cycle) == plan["garbage"]
    assert all(map(files.has, gone))


def test_what_is_younger_than_the_grace_stays(preview: Preview) -> None:
    image = pushed(preview, "b/young", "young")
    client(preview).delete("b/young", image.digest)
    with cycle_of(preview) as cycle:
        assert collection(preview, grace=3600).run(cycle, print)["moved"]["files"] == 0
    assert store(preview).has(blob(image.digest))


def test_the_cache_is_flushed_before_files_are_removed(preview: Preview) -> None:
    image, files = pushed(preview, "c/old", "old"), store(preview)
    client(preview).delete("c/old", image.digest)
    with cycle_of(preview) as cycle:
        collection(preview).run(cycle, print)
    there: list[bool] = []

    def flush() -> None:
        there.append(Path(files.trashed_path(blob(image.digest))).exists())

    with cycle_of(preview) as cycle:
        done = collection(preview, undo=0).run(cycle, flush)
    assert there == [True]
    assert done["purged"]["files"] > 0
    assert not Path(files.trashed_path(blob(image.digest))).exists()
    # What is pushed again afterwards is complete.
    assert client(preview).push("c/old", "latest", image) == image.digest
    assert client(preview).pull("c/old", "latest") == image


def test_a_repository_with_an_unreadable_manifest_frees_nothing(preview: Preview) -> None:
    files = store(preview)
    damaged, other = pushed(preview, "d/damaged", "damaged"), pushed(preview, "d/other", "other")
    client(preview).delete("d/other", other.digest)
    Path(files.path(blob(damaged.digest))).write_text("{")
    with cycle_of(preview) as cycle:
        done = collection(preview).run(cycle, print)
    assert done["damaged"] == [f"d/damaged@{damaged.digest}"]
    assert all(files.has(blob(one)) for one in damaged.blobs)
    assert all(files.has(layer("d/damaged", one)) for one in damaged.blobs)
    assert not files.has(blob(other.digest))


def test_a_crash_between_mark_and_move_is_mended_by_the_next_run(preview: Preview) -> None:
    image, files = pushed(preview, "e/moved", "moved"), store(preview)
    place = blob(next(iter(image.blobs)))
    assert files.discard([place]) == [place]
    with cycle_of(preview) as cycle:
        done = collection(preview).run(cycle, print)
    assert done["restored"]["files"] == 1
    assert files.has(place)


def test_a_second_run_reads_no_manifest_again(preview: Preview, tmp_path: Path) -> None:
    image = pushed(preview, "f/known", "known")
    path = str(tmp_path / "references")
    first = Collection(store(preview), 0, 3600, Memory(path)).plan()
    Path(store(preview).path(blob(image.digest))).chmod(0)
    known = Memory(path)
    assert known.of(image.digest, lambda _: pytest.fail("read again")) is not None
    assert Collection(store(preview), 0, 3600, Memory(path)).plan()["garbage"] == first["garbage"]
    assert store(preview).has(revision("f/known", image.digest))
