"""The gate before a real registry: what it restores, refuses, writes and records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate.protocol import (
    StaleCycleError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    MOST_BYTES,
    blob,
    layer,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Image,
    two_layer_image,
)

from holdfast.preview import Preview
from tests.integration.gated import CACHES, TYPE, behind_gate, client, cycle_of, store, trash

REPOSITORY = "team/app"


@pytest.fixture(scope="module", params=CACHES)
def preview(request: pytest.FixtureRequest, registry_binary: Path) -> Iterator[Preview]:
    """A registry behind a gate, with a cache that lies after a clean-up, and without one."""
    with behind_gate(registry_binary, request.param) as running:
        yield running


def first_layer(image: Image) -> str:
    return next(iter(image.blobs))


def test_a_push_restores_what_a_clean_up_moved_away(preview: Preview) -> None:
    image, files = two_layer_image("restored"), store(preview)
    client(preview).push(REPOSITORY, "one", image)
    places = [blob(one) for one in image.blobs] + [layer(REPOSITORY, one) for one in image.blobs]
    with cycle_of(preview) as cycle:
        assert trash(cycle, places) == places
        assert not any(files.has(one) for one in places)
        # A client that was told by HEAD before that the layers are there sends the manifest alone.
        path = f"/v2/{REPOSITORY}/manifests/two"
        assert client(preview).request("PUT", path, image.manifest, TYPE).status == 201
        assert all(files.has(one) for one in places)
        assert client(preview).pull(REPOSITORY, "two") == image
        again = cycle.trash(places)
        assert (again["done"], again["spared"]) == ([], len(places))


def test_a_manifest_whose_layer_is_gone_is_refused_whatever_the_cache_says(
    preview: Preview,
) -> None:
    image = two_layer_image("gone")
    client(preview).push(REPOSITORY, "gone", image)
    with cycle_of(preview) as cycle:
        cycle.trash([blob(first_layer(image))])
        cycle.purge([blob(first_layer(image))])
    path = f"/v2/{REPOSITORY}/manifests/again"
    reply = client(preview).request("PUT", path, image.manifest, TYPE)
    code = json.loads(reply.body)["errors"][0]["code"]
    assert (reply.status, code) == (404, "MANIFEST_BLOB_UNKNOWN")


def test_a_manifest_that_a_cache_believes_to_exist_is_written(preview: Preview) -> None:
    image, files = two_layer_image("rewritten"), store(preview)
    client(preview).push(REPOSITORY, "rewritten", image)
    Path(files.path(blob(image.digest))).unlink()
    client(preview).push(REPOSITORY, "rewritten", image)
    assert files.read(blob(image.digest)) == image.manifest


def test_a_push_is_recorded_with_what_it_replaced(preview: Preview) -> None:
    first, second = two_layer_image("first"), two_layer_image("second")
    for image in (first, second):
        client(preview).push("team/recorded", "latest", image)
    lines = (preview.scratch / "state/gate/pushes.jsonl").read_text().splitlines()
    found = [one for one in map(json.loads, lines) if one["repository"] == "team/recorded"]
    assert [(one["digest"], one["replaced"]) for one in found] == [
        (first.digest, ""),
        (second.digest, first.digest),
    ]
    user = preview.settings.probe_user
    assert user and {(one["by"], one["address"]) for one in found} == {(user.name, "127.0.0.1")}


def test_a_cycle_that_another_one_replaced_moves_nothing(preview: Preview) -> None:
    image, files = two_layer_image("stale"), store(preview)
    client(preview).push(REPOSITORY, "stale", image)
    with cycle_of(preview) as old, cycle_of(preview), pytest.raises(StaleCycleError):
        old.trash([blob(first_layer(image))])
    assert files.has(blob(first_layer(image)))


def test_a_delete_passes(preview: Preview) -> None:
    image = two_layer_image("deleted")
    client(preview).push(REPOSITORY, "deleted", image)
    assert client(preview).delete(REPOSITORY, image.digest)
    reply = client(preview).request("GET", f"/v2/{REPOSITORY}/manifests/deleted")
    assert reply.status == 404


def test_what_is_no_manifest_is_refused_by_the_registry(preview: Preview) -> None:
    for body in (b"", b"{", b"[]", b'{"layers": 3}', b'{"config": {"digest": "x"}}'):
        reply = client(preview).request("PUT", f"/v2/{REPOSITORY}/manifests/bad", body)
        assert reply.status == 400, body


def test_a_manifest_above_the_limit_is_refused_with_a_sentence(preview: Preview) -> None:
    one, path = client(preview), f"/v2/{REPOSITORY}/manifests/large"
    reply = one.request("PUT", path, b" " * (MOST_BYTES + 1), TYPE)
    assert reply.status == 413
    (error,) = json.loads(reply.body)["errors"]
    assert error["code"] == "SIZE_INVALID"
    assert error["message"].startswith("expected a manifest of at most 4 MiB")
    # One that is as large as it may be comes to the registry, which finds no manifest in it.
    reply = client(preview).request("PUT", path, b" " * MOST_BYTES, TYPE)
    assert (reply.status, json.loads(reply.body)["errors"][0]["code"]) == (400, "MANIFEST_INVALID")
