"""Mirrors as previews run them: a real registry and nginx, mirroring another one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    RegistryError,
    over_tls,
    two_layer_image,
)

from holdfast.errors import HoldfastError
from holdfast.preview import Preview
from holdfast.settings import Settings, parse
from holdfast.verification import Target, run

PASSWORD = 'p"a: #$\\x'
"""With all that YAML could take for something else."""
USER = {"name": "alice", "password": PASSWORD}
IMAGE = two_layer_image("to be mirrored")


def settings(**more: Any) -> Settings:
    base = {
        "registry_hostname": "registry.example.com",
        "registry_distribution_checksum": "sha256:" + "a" * 64,
        "registry_auth_users": [USER],
    }
    found = {**base, **more}
    if "registry_distribution_source" in found:
        del found["registry_distribution_checksum"]
    return parse({name: value for name, value in found.items() if value is not None})


def client_of(preview: Preview) -> Client:
    port = preview.settings.proxy.port
    return over_tls("localhost", port, cafile=str(preview.ca_file))


@pytest.fixture
def source(registry_binary: Path) -> Iterator[Preview]:
    """The registry that is mirrored: it asks for a login."""
    with Preview(settings(), registry_binary) as preview:
        client_of(preview).login("alice", PASSWORD).push("library/thing", "1", IMAGE)
        yield preview


@pytest.fixture
def open_source(registry_binary: Path) -> Iterator[Preview]:
    """A registry that asks for no login."""
    users = {"registry_auth_users": None, "registry_auth_mode": "none"}
    own = settings(**users, registry_proxy_addresses=["127.0.0.1"])
    with Preview(own, registry_binary) as preview:
        client_of(preview).push("library/thing", "1", IMAGE)
        yield preview


def mirroring(source: Preview, **more: Any) -> dict[str, Any]:
    """Return what a mirror of the source says of it."""
    url = f"https://localhost:{source.settings.proxy.port}"
    return {"url": url, "username": "alice", "password": PASSWORD, **more}


def blobs(preview: Preview, name: str) -> set[str]:
    """Return the digests of what a mirror keeps."""
    found = (preview.scratch / "mirrored" / name).rglob("blobs/sha256/*/*/data")
    return {f"sha256:{path.parent.name}" for path in found}


def test_what_was_fetched_is_served_without_the_upstream_and_goes_after_its_time(
    source: Preview, registry_binary: Path
) -> None:
    long = mirroring(source, name="long", anonymous=True)
    short = mirroring(source, name="short", anonymous=True, ttl_seconds=3)
    own = settings(registry_service_ca=source.ca_file.read_text(), registry_mirrors=[long, short])
    # The registry forgets a manifest after its time, and leaves the few bytes of it where they are.
    layers = set(IMAGE.blobs)
    with Preview(own, registry_binary) as preview:
        client = client_of(preview)
        for name in ("long", "short"):
            assert client.pull(f"{name}/library/thing", "1") == IMAGE
        for name in ("long", "short"):
            _until(lambda name=name: blobs(preview, name) > layers)
        source.stop()
        assert client.pull("long/library/thing", "1") == IMAGE
        assert client.request("GET", "/v2/long/library/never/manifests/1").status == 404
        _until(lambda: not blobs(preview, "short") & layers)
        assert blobs(preview, "long") > layers
        with pytest.raises(RegistryError):
            client.pull("short/library/thing", "1")


def _until(holds: Any) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_package_mirrors_too(open_source: Preview, packaged_registry_binary: Path) -> None:
    """Version 2.8 logs in to an upstream by tokens alone: this one asks for no login."""
    own = settings(
        registry_distribution_source="package",
        registry_platform="debian12",
        registry_service_ca=open_source.ca_file.read_text(),
        registry_upstream_url=mirroring(open_source)["url"],
    )
    with Preview(own, packaged_registry_binary) as preview:
        client = client_of(preview).login("alice", PASSWORD)
        assert client.pull("library/thing", "1") == IMAGE
        assert client.request("POST", "/v2/library/thing/blobs/uploads/").status == 405


def test_an_upstream_that_is_away_is_told(registry_binary: Path) -> None:
    mirror = {"name": "hub", "url": "https://localhost:9"}
    with pytest.raises(HoldfastError, match="connection refused"):
        Preview(settings(registry_mirrors=[mirror]), registry_binary).__enter__()


OPENED = {"mirrors.logins", "mirrors.answer"}
"""Controls that detect a mirror with logins that should have none."""
TAKES_PUSHES = {"mirrors.read-only"}


def test_verify_finds_what_is_not_as_set(source: Preview, registry_binary: Path) -> None:
    mirror = mirroring(source, name="hub")
    trusted = {"registry_service_ca": source.ca_file.read_text()}
    with Preview(settings(**trusted, registry_mirrors=[mirror]), registry_binary) as preview:
        assert _failed(preview, preview.settings) == set()
        opened = (preview.settings.mirrors[0].model_copy(update={"anonymous": True}),)
        other = preview.settings.model_copy(update={"mirrors": opened})
        assert _failed(preview, other) == OPENED
        # Below another path there is the registry itself, which takes what is pushed.
        other = (preview.settings.mirrors[0].model_copy(update={"name": "other"}),)
        moved = preview.settings.model_copy(update={"mirrors": other})
        assert _failed(preview, moved) >= TAKES_PUSHES


def _failed(preview: Preview, wanted: Settings) -> set[str]:
    target = Target("here", wanted, cafile=preview.ca_file)
    controls = OPENED | TAKES_PUSHES
    results = run([target], controls=controls)
    assert results.total.passed + results.total.failed == len(controls)
    return {outcome.check for outcome in results.failures}
