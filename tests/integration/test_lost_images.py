"""Images that a deploy would lose: real registries, their directories and buckets."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.holdfast.registry.plugins.module_utils.deploy import images
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Image,
    over_plain,
    over_unix,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    copying,
    revisions,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    preflight as storage_preflight,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage.backends import (
    STORE,
    Directory,
    Objects,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

from tests.integration import s3
from tests.integration.conftest import NAME, registry_process, running

ACCEPT = {"Accept": "application/vnd.docker.distribution.manifest.v1+prettyjws"}
CURRENT = "application/vnd.docker.distribution.manifest.v2+json"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.Server]:
    with s3.serving(tmp_path_factory.mktemp("s3")) as one:
        yield one


def put_schema_1(data: Path, repository: str, *tags: str) -> str:
    """Write an image with a manifest of schema 1 to a store; return the manifest's digest."""
    layer = gzip.compress(bytes(1024), mtime=0)
    content = {
        "schemaVersion": 1,
        "name": repository,
        "tag": "1.0",
        "architecture": "amd64",
        "fsLayers": [{"blobSum": digests.of(layer)}],
        "history": [{"v1Compatibility": json.dumps({"id": "ab" * 32, "architecture": "amd64"})}],
    }
    manifest = json.dumps(content, indent=3).encode()
    digest, root = digests.of(manifest), data / STORE
    hexadecimal = digest.partition(":")[2]
    own = root / "repositories" / repository
    files = {root / digests.path_of(digests.of(one)): one for one in (manifest, layer)}
    links = {own / f"_manifests/revisions/sha256/{hexadecimal}/link": digest}
    links[own / f"_layers/sha256/{hashlib.sha256(layer).hexdigest()}/link"] = digests.of(layer)
    for tag in tags:
        links[own / f"_manifests/tags/{tag}/current/link"] = digest
        links[own / f"_manifests/tags/{tag}/index/sha256/{hexadecimal}/link"] = digest
    for path, bytes_ in (files | {path: text.encode() for path, text in links.items()}).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes_)
    return digest


def filled(binary: Path, folder: Path) -> Path:
    """Return a store with current images of a registry, and images of schema 1."""
    with registry_process(binary, folder, delete=True) as listening:
        client = over_unix(str(listening), NAME)
        for repository in ("team/big", "team/signatures/a", "team", "teams/other", "x/team"):
            client.push(repository, "index", two_layer_image(repository))
        # Deleted: it has no manifest any more.
        gone = client.push("team/gone", "latest", two_layer_image("gone"))
        assert client.delete("team/gone", gone)
        client.close()
    return folder / "data"


def test_schema_1_is_found_as_3_1_cannot_serve_it(
    registry_binary: Path, packaged_registry_binary: Path, tmp_path: Path, free_port: int
) -> None:
    data = filled(packaged_registry_binary, tmp_path)
    place = Directory(str(data))
    none = {"images": {"first": [], "count": 0}, "looked": 5, "complete": True}
    assert revisions.of_schema_1(place) == none
    assert revisions.of_schema_1(place, 0)["complete"] is False
    put_schema_1(data, "old/app", "1.0", "latest")
    untagged = put_schema_1(data, "team/old")
    found = revisions.of_schema_1(place)
    names = ["old/app:1.0", "old/app:latest", f"team/old@{untagged}"]
    assert (found["looked"], found["complete"]) == (7, True)
    assert sorted(found["images"]["first"]) == names
    assert found["images"]["count"] == 3
    with registry_process(registry_binary, tmp_path) as listening:
        client = over_unix(str(listening), NAME)
        assert client.request("GET", "/v2/old/app/manifests/1.0", headers=ACCEPT).status >= 400
        client.close()
    # As docs/storage.md says: by a 2.8 that may serve it, into the format of today.
    config = yaml.safe_load((tmp_path / "config.yml").read_text())
    config["compatibility"] = {"schema1": {"enabled": True}}
    config["http"] = {"addr": f"127.0.0.1:{free_port}"}
    (tmp_path / "config.yml").write_text(yaml.safe_dump(config))
    client = over_plain("127.0.0.1", free_port, address="127.0.0.1")
    argv = [packaged_registry_binary, "serve", tmp_path / "config.yml"]
    with running(argv, tmp_path / "log", client.check):
        assert client.request("GET", "/v2/old/app/manifests/1.0", headers=ACCEPT).status == 200
        name = f"docker://127.0.0.1:{free_port}/old/app:1.0"
        plain = ("--src-tls-verify=false", "--dest-tls-verify=false")
        done = subprocess.run(
            ["skopeo", "copy", "--format=v2s2", *plain, name, name],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        client.close()
    with registry_process(registry_binary, tmp_path) as listening:
        client = over_unix(str(listening), NAME)
        path = "/v2/old/app/manifests/1.0"
        assert client.request("GET", path, headers={"Accept": CURRENT}).status == 200
        client.close()
    assert "old/app:1.0" not in revisions.of_schema_1(place)["images"]["first"]


def test_images_without_their_blobs_are_found(registry_binary: Path, tmp_path: Path) -> None:
    data = filled(registry_binary, tmp_path)
    with registry_process(registry_binary, tmp_path) as listening:
        client = over_unix(str(listening), NAME)
        image = two_layer_image("other algorithms")
        *_, (old, content) = image.blobs.items()
        blobs = {**image.blobs, digests.of(content, "sha512"): content}
        del blobs[old]
        manifest = image.manifest.decode().replace(old, digests.of(content, "sha512")).encode()
        client.push("other", "1.0", Image(manifest, blobs))
        client.close()
    # A layer that is elsewhere, and a list of images of which one is not here, lack nothing.
    elsewhere = {"digest": digests.of(b"x"), "size": 1, "urls": ["https://example.com/x"]}
    for made in ({"layers": [elsewhere]}, {"manifests": [{"digest": digests.of(b"y")}]}, {}):
        digest = digests.of(json.dumps(made).encode())
        path = data / STORE / digests.path_of(digest)
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(made))
        link = data / STORE / f"repositories/odd/_manifests/revisions/{digests.folder_of(digest)}"
        link.mkdir(parents=True)
        (link / "link").write_text(digest)
    place = Directory(str(data))
    none = {"images": {"first": [], "count": 0}, "looked": 9, "complete": True}
    assert revisions.without_blobs(place, 60) == none
    (data / STORE / digests.path_of(digests.of(content))).unlink()
    assert revisions.without_blobs(place, 60)["images"] == {"first": ["other:1.0"], "count": 1}


def test_what_a_mirror_would_hide(
    registry_binary: Path, tmp_path: Path, server: s3.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_preflight, "USER", "root")
    data = filled(registry_binary, tmp_path)
    put_schema_1(data, "team/old", "1.0")
    # A manifest that is gone ends no look at the others.
    dangling = data / STORE / f"repositories/a/_manifests/revisions/sha256/{'0' * 64}"
    dangling.mkdir(parents=True)
    (dangling / "link").write_text(f"sha256:{'0' * 64}")
    root = f"hidden/{time.monotonic_ns()}"
    bucket = lambda: Objects(server.bucket(root=root))  # noqa: E731
    assert copying.copy(lambda: Directory(str(data)), bucket, 60)["done"]
    for place in (Directory(str(data)), bucket()):
        found = revisions.hidden(place, "team")
        assert sorted(found["first"]) == ["team", "team/big", "team/old", "team/signatures/a"]
        assert revisions.hidden(place, "hub") == {"first": [], "count": 0}
        assert revisions.of_schema_1(place)["images"] == {"first": ["team/old:1.0"], "count": 1}


def test_only_what_changes_is_looked_for(registry_binary: Path, tmp_path: Path) -> None:
    data = filled(registry_binary, tmp_path)
    put_schema_1(data, "old/app", "1.0")
    storage = {"driver": "filesystem", "place": str(data), "directory": str(data)}
    question = {"mirrors": ["team"], "old": True}
    wanted = {"storage": storage, "images": question, "version": "3.1.1"}
    nothing = {"hidden": {}, "old": None}
    first = images.look(wanted, {}, {}, reached=True)
    assert first["hidden"]["team"]["count"] == 3
    assert first["old"]["images"]["first"] == ["old/app:1.0"]
    assert images.look(wanted, {}, {}, reached=False) == nothing
    mirrors = [{"path": "/v2/team/"}]
    serving = {"version": "3.1.0", "expect": {"storage": storage, "probe": {"mirrors": mirrors}}}
    assert images.look(wanted, serving, {}, reached=True) == nothing
    assert images.look(wanted, {**serving, "version": "2.8.3"}, {}, reached=True) == {
        "hidden": {},
        "old": first["old"],
    }
    storage = {**storage, "driver": "gcs"}
    assert images.look({**wanted, "storage": storage}, {}, {}, reached=True) == nothing
