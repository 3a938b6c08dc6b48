"""A scrub beside a real registry: damage is found and healed by the next push; pulls go on."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.collect import Collection
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import blob
from ansible_collections.holdfast.registry.plugins.module_utils.jobs import scrub
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Image,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.http import RegistryError
from ansible_collections.holdfast.registry.plugins.module_utils.report import scrub_state
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.proofs import Proofs
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import Outcome
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

from holdfast.preview import Preview
from tests.integration.gated import behind_gate, client, cycle_of, store

IMAGES = 26
"""Images of four blobs each, so that there are more than a hundred."""


@pytest.fixture(scope="module")
def preview(registry_binary: Path) -> Iterator[Preview]:
    """A registry behind a gate; without a cache, as after a flush."""
    with behind_gate(registry_binary, "none") as running:
        yield running


@pytest.fixture
def plan(preview: Preview, tmp_path: Path) -> Any:
    """The plan that was rendered for the host, with places for the results."""
    (path,) = preview.scratch.rglob("agent/scrub.json")
    found = json.loads(path.read_text())
    found |= {"proofs": str(tmp_path / "proofs"), "rate": 1 << 30, "metrics": str(tmp_path)}
    found["records"] = str(tmp_path / "jobs")
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent/scrub.json").write_text(json.dumps(found))
    return found


@pytest.fixture
def run(plan: Any) -> Callable[..., Outcome]:
    """Run the job, for all blobs."""

    def now(flush: Callable[[], object] = lambda: None) -> Outcome:
        Proofs(plan["proofs"]).request()
        return scrub.job_of(plan).run(lambda: scrub.work(plan, flush, print))

    return now


def flip(preview: Preview, digest: str) -> None:
    path = Path(store(preview).path(blob(digest)))
    with path.open("r+b") as stream:
        stream.seek(path.stat().st_size // 2)
        byte = stream.read(1)[0]
        stream.seek(-1, 1)
        stream.write(bytes([byte ^ 1]))


def pulled(preview: Preview, repository: str) -> Image | None:
    try:
        return client(preview).pull(repository, "latest")
    except RegistryError:
        return None


@contextmanager
def pulling(preview: Preview, repository: str, image: Image) -> Iterator[list[bool]]:
    """Pull an image again and again while the block runs; give it a result for each pull."""
    ended, results = threading.Event(), list[bool]()

    def pull() -> None:
        while not ended.is_set():
            results.append(pulled(preview, repository) == image)

    thread = threading.Thread(target=pull)
    thread.start()
    try:
        yield results
    finally:
        ended.set()
        thread.join()


def test_each_flipped_bit_is_found_and_the_next_push_heals(
    preview: Preview, run: Callable[..., Outcome], tmp_path: Path
) -> None:
    images = {f"a/app-{n}": two_layer_image(f"image {n}") for n in range(IMAGES)}
    well = two_layer_image("nothing is wrong with it")
    for name, image in (*images.items(), ("a/well", well)):
        client(preview).push(name, "latest", image)
    # Of each third image one blob: a configuration, a layer or a manifest.
    hurt = {
        name: [*image.blobs, image.digest][n % 4]
        for n, (name, image) in enumerate(images.items())
        if n % 3 == 0
    }
    for digest in hurt.values():
        flip(preview, digest)
    flushes: list[bool] = []
    with pulling(preview, "a/well", well) as results:
        done = run(lambda: flushes.append(True))
    assert results
    assert all(results)
    figures = done.figures
    assert figures["blobs"] + len(hurt) >= 100
    assert {one["digest"]: one["images"] for one in figures["damaged"]} == {
        digest: [f"{name}:latest"] for name, digest in hurt.items()
    }
    assert flushes == [True]
    assert (
        f"holdfast_scrub_damaged_blobs {len(hurt)}\n"
        in (tmp_path / "holdfast-scrub.prom").read_text()
    )
    said = "\n".join(done.problems)
    for name, digest in hurt.items():
        assert f"{name}:latest cannot be pulled, for {digest} is damaged. Push it again" in said
    # The rest can be pulled, these cannot; a run that finds nothing new still names them.
    assert {name for name, image in images.items() if pulled(preview, name) != image} == set(hurt)
    assert len(run().figures["damaged"]) == len(hurt)
    healed, *others = hurt
    client(preview).push(healed, "latest", images[healed])
    assert pulled(preview, healed) == images[healed]
    known = scrub_state.figures(str(tmp_path))
    assert known
    assert {one["digest"] for one in known["damaged"]} == {hurt[name] for name in others}
    for name in others:
        client(preview).push(name, "latest", images[name])
        assert pulled(preview, name) == images[name]
    assert run().figures["damaged"] == []
    assert run().problems == ()


def test_a_damaged_blob_in_its_place_is_not_healed(preview: Preview) -> None:
    """The control of the test above: without a scrub a push mends nothing."""
    image = two_layer_image("hurt and left there")
    client(preview).push("b/app", "latest", image)
    digest = next(iter(image.blobs))
    flip(preview, digest)
    client(preview).push("b/app", "latest", image)
    assert pulled(preview, "b/app") != image
    Path(store(preview).path(blob(digest))).unlink()
    client(preview).push("b/app", "latest", image)
    assert pulled(preview, "b/app") == image


def test_a_collection_leaves_a_damaged_blob_aside_and_ends_it_in_time(
    preview: Preview, run: Callable[..., Outcome]
) -> None:
    image = two_layer_image("hurt and collected")
    client(preview).push("c/app", "latest", image)
    digest = next(iter(image.blobs))
    flip(preview, digest)
    run()
    files, aside = store(preview), f"{places.DAMAGED}/{blob(digest)}"
    for undo, stays in ((3600.0, True), (0.0, False)):
        collection = Collection(files, 0, undo, now=lambda: time.time() + 1)
        with cycle_of(preview) as cycle:
            collection.undo(cycle)
            assert files.is_trashed(aside)
            collection.run(cycle, lambda: None)
            assert files.is_trashed(aside) is stays
    # Named by the record alone now.
    assert [one["images"] for one in run().figures["damaged"]] == [["c/app:latest"]]
    client(preview).push("c/app", "latest", image)
    assert pulled(preview, "c/app") == image
    assert run().figures["damaged"] == []


def test_damage_without_a_gate_is_an_error(
    preview: Preview, plan: Any, run: Callable[..., Outcome]
) -> None:
    image = two_layer_image("hurt without a gate")
    client(preview).push("d/app", "latest", image)
    flip(preview, image.digest)
    good, plan["control"] = plan["control"], "/nowhere/control.sock"
    with pytest.raises(StepError, match=r"scrub: .*Run: holdfast deploy"):
        run()
    last = scrub.job_of(plan).last
    assert last is not None
    assert last["result"] == "failed"
    plan["control"] = good
    assert [one["images"] for one in run().figures["damaged"]] == [["d/app:latest"]]
    client(preview).push("d/app", "latest", image)
