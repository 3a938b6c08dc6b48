"""The gate and a garbage collection over a bucket with versions, beside a real registry."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.collect import Collection
from ansible_collections.holdfast.registry.plugins.module_utils.gate.objects import Objects
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import blob, layer
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Image,
    RegistryError,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.report.push_rules import check
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_pool import Pool

from holdfast.preview import Preview
from holdfast.rendering.push_rules import quotas
from tests import trials
from tests.integration import s3
from tests.integration.cleanup_load import Load
from tests.integration.gated import TYPE, client, cycle_of, on_bucket, trash
from tests.integration.generations import VERSIONS

ROOT = "behind/gate"
IMAGES, RESTORED = trials.times(20, 2500), trials.times(3, 250)
"""Acknowledged images of a load, and files that a push needed back from the trash."""
SECONDS = 300.0
"""Seconds that a slow machine may need for the result; a fast one needs a few."""
MORE: dict[str, Any] = {
    "registry_push_rules": [
        {"repositories": ["ruled/kept"], "immutable": True},
        {"repositories": ["ruled/small"], "max_bytes": 100},
    ],
    "registry_quotas": [{"repositories": ["few/*"], "tags": 2, "bytes": "1MiB"}],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.Server]:
    folder = tmp_path_factory.mktemp("s3")
    with pytest.MonkeyPatch.context() as patch, s3.serving(folder, versions=True) as one:
        patch.setenv("AWS_CA_BUNDLE", "")  # whatever this machine has
        yield one


@pytest.fixture(scope="module")
def preview(registry_binary: Path, server: s3.Server) -> Iterator[Preview]:
    with on_bucket(registry_binary, server, ROOT, **MORE) as running:
        yield running


@pytest.fixture(scope="module")
def store(server: s3.Server) -> Objects:
    return Objects(Pool(server.bucket), ROOT)


def collection(store: Objects, undo: float = 3600) -> Collection:
    # A clock a little ahead: an object of this moment is old enough.
    return Collection(store, 0, undo, now=lambda: time.time() + 2)


def pushed(preview: Preview, repository: str, text: str) -> Image:
    image = two_layer_image(text)
    client(preview).push(repository, "latest", image)
    return image


def test_a_push_has_back_what_a_clean_up_took_away(preview: Preview, store: Objects) -> None:
    image = pushed(preview, "a/b", "restored")
    places = [make(one) for one in image.blobs for make in (blob, lambda d: layer("a/b", d))]
    with cycle_of(preview) as cycle:
        assert trash(cycle, places) == places
        assert not any(map(store.has, places))
        path = "/v2/a/b/manifests/two"
        assert client(preview).request("PUT", path, image.manifest, TYPE).status == 201
        assert all(map(store.has, places))
        assert client(preview).pull("a/b", "two") == image
        assert cycle.trash(places)["spared"] == len(places)


def test_a_manifest_whose_layer_is_gone_is_refused(preview: Preview) -> None:
    image = pushed(preview, "b/gone", "gone")
    first = blob(next(iter(image.blobs)))
    with cycle_of(preview) as cycle:
        trash(cycle, [first])
        assert cycle.purge([first])["done"] == [first]
    reply = client(preview).request("PUT", "/v2/b/gone/manifests/x", image.manifest, TYPE)
    assert (reply.status, b"MANIFEST_BLOB_UNKNOWN" in reply.body) == (404, True), reply.body
    assert client(preview).push("b/gone", "again", image) == image.digest
    assert client(preview).pull("b/gone", "again") == image


def test_what_no_manifest_needs_goes_comes_back_and_ends(preview: Preview, store: Objects) -> None:
    kept, dropped = pushed(preview, "c/kept", "kept"), pushed(preview, "c/dropped", "dropped")
    client(preview).delete("c/dropped", dropped.digest)
    own = set(dropped.blobs) - set(kept.blobs)
    gone = [*map(blob, own), blob(dropped.digest), *(layer("c/dropped", d) for d in dropped.blobs)]
    plan = collection(store).plan()
    assert all(map(store.has, gone))
    with cycle_of(preview) as cycle:
        done = collection(store).run(cycle, flush=lambda: pytest.fail("nothing is removed"))
    assert done["moved"] == plan["garbage"]
    assert done["moved"]["files"] >= len(gone)
    assert not any(map(store.has, gone))
    assert client(preview).pull("c/kept", "latest") == kept
    with cycle_of(preview) as cycle:
        back = collection(store).undo(cycle)
    assert back["files"] >= len(gone)
    assert all(map(store.has, gone))
    with cycle_of(preview) as cycle:
        collection(store).run(cycle, print)
        flushed: list[bool] = []
        ended = collection(store, undo=-5).run(cycle, lambda: flushed.append(True))
    assert flushed == [True]
    assert ended["purged"]["files"] >= len(gone)
    assert not any(store.has(one) or store.is_trashed(one) for one in gone)
    assert client(preview).push("c/dropped", "latest", dropped) == dropped.digest
    assert client(preview).pull("c/dropped", "latest") == dropped
    assert client(preview).pull("c/kept", "latest") == kept


def test_another_hosts_gate_forbids_a_collection(preview: Preview, store: Objects) -> None:
    assert preview.pids
    assert store.refusal() == ""
    key = f"{ROOT}/holdfast-gates/another"
    store._pool.ask("s3:PutObject", "PUT", key)
    try:
        assert key in store.refusal()
    finally:
        store._delete([(key, "")])


def test_rules_and_quotas_hold_for_a_bucket(preview: Preview) -> None:
    first, second = two_layer_image("rule one"), two_layer_image("rule two")
    assert client(preview).push("ruled/kept", "1.0", first) == first.digest
    assert client(preview).push("ruled/kept", "1.0", first) == first.digest
    for repository, tag, words in (
        ("ruled/kept", "1.0", f"is immutable and is {first.digest}"),
        ("ruled/small", "1.0", "bytes"),
    ):
        with pytest.raises(RegistryError, match=words):
            client(preview).push(repository, tag, second)
    for tag in ("a", "b"):
        client(preview).push("few/one", tag, first)
    with pytest.raises(RegistryError, match="it has 2 tags of 2"):
        client(preview).push("few/two", "c", first)
    client(preview).delete("few/one", first.digest)
    assert client(preview).push("few/two", "c", first) == first.digest
    wanted: Any = {"rules": [], "quotas": quotas(preview.settings)}
    (used,) = check(wanted, str(preview.scratch / "etc/current"))["quotas"]
    assert (used["tags"], used["bytes"]) == (
        1,
        len(first.manifest) + sum(map(len, first.blobs.values())),
    )


@VERSIONS
def test_no_acknowledged_image_is_lost(registry_of: Path, version: str, server: s3.Server) -> None:
    """At grace 0, beside writers, and clients that wait before they send the manifest."""
    root = f"load/{version}"
    store = Objects(Pool(server.bucket), root)
    with on_bucket(registry_of, server, root, version) as preview:

        def collect() -> None:
            with cycle_of(preview) as cycle:
                collection(store, undo=4).run(cycle, lambda: None)

        def enough(load: Load) -> bool:
            # The load is no tame one: without the gate these would have been lost.
            with cycle_of(preview) as cycle:
                return load.counts["201"] > IMAGES and cycle.figures()["restored"] > RESTORED

        # A client that waits is no fault here, and a request that hangs is one.
        with Load(lambda: client(preview, 200), writers=2, adversaries=2) as load:
            until = time.monotonic() + SECONDS
            while not enough(load) and time.monotonic() < until:
                collect()
        assert load.broken(store) == []
        assert enough(load), load.counts
    # 404: who waits longer than the undo time for what he was told is there is refused.
    assert set(load.counts) <= {"201", "deleted", "404"}, load.counts
