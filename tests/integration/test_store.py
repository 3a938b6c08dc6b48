"""Generated stores of benchmarks: real registries read them like pushed images."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import over_unix

from benchmarks import store
from tests.integration.conftest import NAME, registry_process

REPOSITORIES, TAGS = 3, 6
NAMES = [store.name_of(number) for number in range(REPOSITORIES)]
TAG_NAMES = [store.tag_of(number) for number in range(TAGS)]
BOTH = pytest.mark.parametrize("registry_of", ["3.1.1", "2.8.2"], indirect=True)


def _made(folder: Path) -> store.Made:
    (folder / "data").mkdir()
    return store.make(folder / "data", REPOSITORIES, TAGS)


def _kept(folder: Path) -> dict[str, bytes]:
    root = folder / "data"
    files = {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if "/_uploads/" not in name}


@BOTH
def test_what_is_made_is_what_pushes_leave(
    registry_of: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made, other = _made(tmp_path), tmp_path_factory.mktemp("pushed")
    with (
        registry_process(registry_of, tmp_path) as source,
        registry_process(registry_of, other) as target,
    ):
        reading, writing = over_unix(str(source), NAME), over_unix(str(target), NAME)
        assert json.loads(reading.request("GET", "/v2/_catalog").body)["repositories"] == NAMES
        for repository in NAMES:
            listed = reading.request("GET", f"/v2/{repository}/tags/list").body
            assert sorted(json.loads(listed)["tags"]) == TAG_NAMES
            for tag in TAG_NAMES:
                image = reading.pull(repository, tag)
                assert reading.pull(repository, image.digest) == image
                assert len(image.blobs) == store.LAYERS + 1
                writing.push(repository, tag, image)
        assert reading.request("GET", f"/v2/{NAMES[-1]}/blobs/{made.blob}").status == 200
        reading.close()
        writing.close()
    assert _kept(tmp_path) == _kept(other)


@BOTH
def test_a_delete_and_the_garbage_collection_find_what_they_expect(
    registry_of: Path, tmp_path: Path
) -> None:
    _made(tmp_path)
    with registry_process(registry_of, tmp_path, delete=True) as socket:
        client = over_unix(str(socket), NAME)
        first = client.pull(NAMES[0], TAG_NAMES[0])
        client.push(NAMES[0], "again", first)
        assert client.delete(NAMES[0], first.digest)
        listed = client.request("GET", f"/v2/{NAMES[0]}/tags/list").body
        assert sorted(json.loads(listed)["tags"]) == TAG_NAMES[1:]
        client.close()
    argv = [registry_of, "garbage-collect", "--dry-run", tmp_path / "config.yml"]
    own = {"OTEL_TRACES_EXPORTER": "none"}
    result = subprocess.run(argv, env=own, capture_output=True, text=True, check=True).stdout
    marked = store.LAYERS + 2 * (REPOSITORIES * TAGS - 1)
    assert f"{marked} blobs marked, 2 blobs and 0 manifests eligible for deletion" in result
