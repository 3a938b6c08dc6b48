"""A deploy that would lose images, or take them from a registry that runs, is refused."""

from __future__ import annotations

import base64
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage.backends import STORE
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

from tests.hosts.conftest import Site
from tests.integration.test_lost_images import put_schema_1

THEIRS = "/srv/theirs"
CONFIG = f"""
version: 0.1
storage:
  filesystem:
    rootdirectory: {THEIRS}
http:
  addr: 127.0.0.1:5000
"""


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host with registry 2.8, and an image."""
    made = new_site()
    older = dict.fromkeys(name for name in made.variables if "distribution" in name)
    made.deploy(**older | {"registry_distribution_source": "package"})
    client = made.client()
    client.push("team/big", "1.0", two_layer_image("big"))
    client.close()
    return made


def sent(site: Site, data: Path, directory: str) -> None:
    """Unpack a store over a directory of the host."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(data, ".")
    text = base64.b64encode(buffer.getvalue()).decode()
    # By its group the proxy, which sends blobs itself, reads them.
    owned = f"chown -R holdfast-registry:holdfast {directory}/docker"
    site.host.run(f"base64 -d | tar -xC {directory} --no-same-owner && {owned}", text=text)


def test_images_of_schema_1_are_not_lost_by_a_new_version(
    site: Site, tmp_path: Path, registry: dict[str, str]
) -> None:
    newer = {
        "registry_distribution_source": "file",
        "registry_distribution_path": registry["path"],
        "registry_distribution_checksum": f"sha256:{registry['sha256']}",
    }
    put_schema_1(tmp_path, "team/old", "1.0")
    sent(site, tmp_path, "/srv/registry")
    # As long as the version stays, nobody looks.
    site.deploy(registry_log_level="error")
    for more in ([], ["--check"]):
        done = site.holdfast("deploy", *more, **newer)
        assert done.returncode == 4, done.stdout + done.stderr
        assert "expected no manifests of schema 1" in done.stdout
        assert "found team/old:1.0. Copy them" in done.stdout
    assert site.client().check() == 200
    site.deploy(**newer, registry_distribution_drop_schema1=True)
    # What serves now is 3.1: nothing is left to lose.
    site.deploy(registry_distribution_drop_schema1=None, registry_log_level="warn")


def test_a_mirror_does_not_hide_what_the_storage_has(site: Site) -> None:
    team = {"name": "team", "url": "https://registry-1.docker.io"}
    done = site.holdfast("deploy", registry_mirrors=[team])
    assert done.returncode == 4, done.stdout + done.stderr
    assert 'got "team": in the storage there is ' in done.stdout
    assert all(name in done.stdout for name in ("team/big", "team/old"))


def test_a_directory_is_not_adopted_from_a_registry_that_runs(site: Site) -> None:
    site.host.run(f"mkdir -p {THEIRS}/docker/registry/v2; chown -R games: {THEIRS}")
    site.host.run("cat > /etc/theirs.yml", text=CONFIG)
    site.host.run(
        "systemd-run --unit=theirs -p User=games /usr/bin/docker-registry serve /etc/theirs.yml"
    )
    change = {"registry_storage_directory": THEIRS, "registry_storage_adopt": True}
    done = site.holdfast("deploy", **change)
    assert done.returncode == 4, done.stdout + done.stderr
    assert f"{THEIRS}: expected no other process to use it, found docker-registry" in done.stdout
    assert "which ends with: systemctl stop theirs.service" in done.stdout
    assert site.host.run(f"stat -c %U {THEIRS}/docker").stdout == "games\n"
    site.host.run("systemctl stop theirs.service")
    site.deploy(**change)
    assert site.host.run(f"stat -c %U {THEIRS}/docker").stdout == "holdfast-registry\n"


def test_a_store_with_digests_of_other_algorithms_is_verified(site: Site, tmp_path: Path) -> None:
    place = "/v2/team/other/blobs/uploads/"
    client = site.client()
    for content, algorithm in (
        (b"", "sha256"),
        (b"", "sha512"),
        (b"x", "sha384"),
        (b"y", "sha512"),
    ):
        digest = digests.of(content, algorithm)
        where = client.request("POST", place).headers["Location"]
        end = f"{where}&digest={digest.replace(':', '%3A')}"
        assert client.request("PUT", end, content).status == 201
        reply = client.request("GET", f"/v2/team/other/blobs/{digest}")
        assert (reply.status, reply.body) == (200, content)
    client.close()
    # As a registry keeps them that does not name all blobs by SHA-256.
    for content in (b"", b"z"):
        digest = digests.of(content, "sha512")
        link = f"repositories/team/other/_layers/{digests.folder_of(digest)}/link"
        for path, text in ((digests.path_of(digest), content), (link, digest.encode())):
            (tmp_path / STORE / path).parent.mkdir(parents=True)
            (tmp_path / STORE / path).write_bytes(text)
    sent(site, tmp_path, THEIRS)
    done = site.holdfast("verify", "--by-address", "--only", "storage")
    assert done.returncode == 0, done.stdout + done.stderr
    found = site.holdfast("doctor").stdout
    assert "none names a blob that is missing" in found, found
    print(found)
