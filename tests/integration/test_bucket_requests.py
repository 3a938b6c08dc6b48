"""A plan of a clean-up needs few requests of a bucket, the registry's collector needs many."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.collect import Collection
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.marks import Memory
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.objects import Objects
from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_pool import Pool

from tests.integration import s3
from tests.integration.gated import on_bucket

ROOT, TAGS = "counted", 40


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.Server]:
    folder = tmp_path_factory.mktemp("s3")
    with pytest.MonkeyPatch.context() as patch, s3.serving(folder, versions=True) as one:
        patch.setenv("AWS_CA_BUNDLE", "")  # whatever this machine has
        yield one


def files(number: int) -> Iterator[tuple[str, bytes]]:
    """Yield what the registry stores of a tag with its own image, in the order of a push."""
    name, image = f"team/app{number % 4}", two_layer_image(f"image {number}")
    for digest, content in image.blobs.items():
        yield places.blob(digest), content
        yield places.layer(name, digest), digest.encode()
    yield places.blob(image.digest), image.manifest
    yield places.revision(name, image.digest), image.digest.encode()
    tag = places.tag(name, f"v{number}")
    yield f"{tag}/index/{image.digest.replace(':', '/')}/link", image.digest.encode()
    yield f"{tag}/current/link", image.digest.encode()


def test_a_plan_needs_a_tenth_of_the_requests_of_the_registrys_collector(
    registry_binary: Path, server: s3.Server, tmp_path: Path
) -> None:
    pool = Pool(server.bucket)
    store = Objects(pool, ROOT)
    pool.map(lambda one: store.write(*one), [one for n in range(TAGS) for one in files(n)])
    memory = str(tmp_path / "references")

    def plan() -> int:
        return Collection(store, 0, 3600, Memory(memory)).plan()["manifests"]

    with on_bucket(registry_binary, server, ROOT) as preview:
        config = str(preview.scratch / "etc/current/registry/config.yml")
        argv = [str(registry_binary), "garbage-collect", "--dry-run", config]
        # The keys of the bucket are in the registry's environment.
        texts = Path(f"/proc/{preview.pid('registry')}/environ").read_text().split("\0")
        variables = dict(one.split("=", 1) for one in texts if one)

        def stock() -> None:
            done = subprocess.run(argv, env=variables, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            assert f"{4 * TAGS} blobs marked, 0 blobs" in done.stdout + done.stderr

        first, again, own = (counted(server, call) for call in (plan, plan, stock))
    seen = f"{TAGS} tags: first plan {first} requests, next {again}, the collector {own}"
    assert plan() == TAGS
    assert again < first <= 0.1 * own, seen


def counted(server: s3.Server, call: Callable[[], object]) -> int:
    """Return the number of requests that a call sends."""
    before = server.requests()
    call()
    return server.requests() - before
