"""Images in S3: both registries with a real server, its refusals, and its absence."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.holdfast.registry.plugins.module_utils.registry import (
    http as registry_http,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import over_unix
from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    Image,
    digest_of,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage import s3_proof
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_client import Keys

from holdfast.rendering import render
from holdfast.settings import parse
from tests.integration import s3
from tests.integration.startup import NAME, Run, serving

HOST = {
    "registry_hostname": NAME,
    "registry_distribution_checksum": "sha256:" + "a" * 64,
    "registry_auth_users": [{"name": "alice", "password": "correct-horse-battery"}],
}
OLD = {"registry_distribution_source": "package", "registry_platform": "debian12"}
BIG = 12 << 20
"""Bytes of a layer that is stored in more than one part."""

Started = Callable[..., AbstractContextManager[Run]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.Server]:
    with s3.serving(tmp_path_factory.mktemp("s3")) as one:
        yield one


@pytest.fixture(params=["2.8.2", "3.1.1"])
def registry(
    request: pytest.FixtureRequest,
    server: s3.Server,
    tmp_path: Path,
    registry_binary: Path,
    packaged_registry_binary: Path,
) -> Started:
    """Start a registry of each version as a generation would run it."""
    old = request.param.startswith("2.")

    def start(**changes: Any) -> AbstractContextManager[Run]:
        own = {} if not old else {**OLD, "registry_distribution_checksum": None}
        values = {**HOST, **own, **server.settings, **changes}
        tree = render(parse({k: v for k, v in values.items() if v is not None}))
        config = tmp_path / "config.yml"
        config.write_text(tree["registry/config.yml"].content)
        (tmp_path / "ca.pem").write_text(tree["registry/ca.pem"].content)
        lines = tree["registry/secrets.env"].content.splitlines()
        secrets = {name: json.loads(v) for name, _, v in (line.partition("=") for line in lines)}
        environment = {
            **secrets,
            "AWS_CA_BUNDLE": "",  # whatever this machine has
            "SSL_CERT_FILE": str(tmp_path / "ca.pem"),
            "REGISTRY_HTTP_ADDR": str(tmp_path / "socket"),
            "REGISTRY_HTTP_SECRET": "0" * 32,
        }
        binary = packaged_registry_binary if old else registry_binary
        return serving(binary, config, tmp_path / "log", tmp_path / "socket", **environment)

    return start


def test_push_pull_mount_range_and_delete(registry: Started, server: s3.Server) -> None:
    root = f"trial/{time.monotonic_ns()}"
    change = {"registry_storage_delete": True, "registry_storage_chunk_mib": 5}
    with registry(registry_storage_root_directory=root, **change) as run:
        client = over_unix(str(run.socket), NAME, timeout=60)
        image = large_image()
        digest = client.push("team/app", "1", image, chunk=6 << 20)
        assert client.pull("team/app", "1") == image
        layer = max(image.blobs, key=lambda one: len(image.blobs[one]))
        mount = f"/v2/team/other/blobs/uploads/?mount={layer}&from=team/app"
        assert client.request("POST", mount).status == 201
        part = client.request(
            "GET", f"/v2/team/other/blobs/{layer}", headers={"Range": "bytes=7-9"}
        )
        assert (part.status, part.body) == (206, image.blobs[layer][7:10])
        assert client.delete("team/app", digest)
        assert client.request("GET", f"/v2/team/app/manifests/{digest}").status == 404
    keys = [key for key, _ in server.bucket().objects(f"{root}/docker/registry/v2/")]
    assert any(layer.removeprefix("sha256:") in key for key in keys)


def test_with_redirect_clients_get_blobs_from_the_bucket(
    registry: Started, server: s3.Server
) -> None:
    with registry(registry_storage_redirect=True) as run:
        client = over_unix(str(run.socket), NAME, timeout=60)
        client.storage_ca = server.ca
        image = two_layer_image("redirect")
        client.push("team/far", "1", image)
        reply = client.request("GET", f"/v2/team/far/blobs/{max(image.blobs)}")
        assert reply.status == 307
        assert reply.headers["Location"].startswith(f"https://localhost:{server.port}/images/")
        assert (
            registry_http.elsewhere(reply.headers["Location"], server.ca)
            == image.blobs[max(image.blobs)]
        )
        assert client.pull("team/far", "1") == image


def test_read_only_serves_and_refuses(registry: Started) -> None:
    image = two_layer_image("read-only")
    with registry() as run:
        over_unix(str(run.socket), NAME, timeout=60).push("team/still", "1", image)
    with registry(registry_storage_readonly=True) as run:
        client = over_unix(str(run.socket), NAME, timeout=60)
        assert client.pull("team/still", "1") == image
        assert client.request("POST", "/v2/team/still/blobs/uploads/").status == 405


def test_a_server_that_goes_and_comes_back(registry: Started, server: s3.Server) -> None:
    quick = {"health": {"storagedriver": {"interval": "300ms", "threshold": 2}}}
    image = two_layer_image("comes back")
    with registry(registry_extra_config=quick) as run:
        client = over_unix(str(run.socket), NAME, timeout=60)
        client.push("team/back", "1", image)
        path = "/v2/team/back/manifests/1"
        server.stop()
        try:
            assert _becomes(run, path, lambda status: status >= 500) in {500, 503}
            assert _becomes(run, "/v2/", lambda status: status == 503) == 503
            assert "health check" in run.said or "connection refused" in run.said
        finally:
            server.start()
        assert _becomes(run, "/v2/", lambda status: status == 200) == 200
        assert client.pull("team/back", "1") == image
        assert run.code is None


def large_image() -> Image:
    """Return an image with a layer that does not fit into one part."""
    small, content = two_layer_image("large"), random.Random(7).randbytes(BIG)
    manifest = json.loads(small.manifest)
    manifest["layers"].append({**manifest["layers"][0], "digest": digest_of(content), "size": BIG})
    return Image(json.dumps(manifest).encode(), {**small.blobs, digest_of(content): content})


def _becomes(run: Run, path: str, wanted: Callable[[int], bool]) -> int:
    deadline = time.monotonic() + 40
    while not wanted(status := run.ask("GET", path).status):
        assert time.monotonic() < deadline, (status, run.said[-2000:])
        time.sleep(0.1)
    return status


REFUSALS: list[tuple[Keys, dict[str, Any], str]] = [
    (Keys(s3.ROOT.access, "wrong"), {}, "the secret key is wrong"),
    (Keys("nobody", "x"), {}, "there is no such access key"),
    (s3.ROOT, {"bucket": "none"}, "there is no bucket none. Create it"),
    (s3.ROOT, {"region": "us-west-2"}, "the bucket is in another region: eu-central-1."),
    (s3.READER, {}, "the login may not s3:PutObject. Allow it"),
    (s3.ROOT, {"endpoint": "https://localhost:1"}, "it cannot be reached: "),
    (s3.ROOT, {"endpoint": "https://nowhere.invalid"}, "its name cannot be resolved"),
    (s3.ROOT, {"ca": ""}, "its certificate is not trusted: "),
]


@pytest.mark.parametrize(("keys", "change", "expected"), REFUSALS, ids=lambda v: str(v)[-30:])
def test_a_refusal_is_told_in_plain_words(
    server: s3.Server, keys: Keys, change: dict[str, Any], expected: str
) -> None:
    (result,) = s3_proof.proof(server.bucket(keys, **change), writes=True)
    assert result.startswith(f"s3://images: {expected}"), result
    assert "hush" not in result


def test_a_clock_that_is_off_is_told(server: s3.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time()
    monkeypatch.setattr(time, "gmtime", lambda *_: time.localtime(real - 7200))
    (result,) = s3_proof.proof(server.bucket(), writes=False)
    assert "the host's clock is" in result


def test_a_proof_leaves_nothing(server: s3.Server) -> None:
    bucket = server.bucket(root="proof/here", encrypt="AES256")
    assert s3_proof.proof(bucket, writes=True) == []
    assert list(bucket.objects("proof/")) == []


def test_a_list_of_many_pages(server: s3.Server) -> None:
    bucket = server.bucket()
    names = [f"many/{number:04}" for number in range(1005)]
    for name in names:
        bucket.ask("s3:PutObject", "PUT", name)
    assert [key for key, _ in bucket.objects("many/")] == names
    s3_proof.remove(bucket, names[:1000])
    s3_proof.remove(bucket, names[1000:])
    assert list(bucket.objects("many/")) == []


def test_the_rendered_configuration_is_yaml_that_both_read(server: s3.Server) -> None:
    text = render(parse({**HOST, **server.settings}))["registry/config.yml"].content
    assert yaml.safe_load(text)["storage"]["s3"]["chunksize"] == 10 << 20
