"""A disk that is full in the middle of a push, on a mount of its own."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import RegistryError
from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    Image,
    digest_of,
    two_layer_image,
)

from tests.hosts.conftest import Site

DIRECTORY = "/srv/small"
MIB = 1 << 20
FIGURES = "cat /var/lib/holdfast/metrics/holdfast-storage.prom"
LOOK = "systemctl start holdfast-storage.service"


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host with 48 MiB for its images."""
    made = new_site(registry_storage_directory=DIRECTORY, registry_storage_mount=True)
    refused = made.holdfast("deploy")
    assert refused.returncode == 4, refused.stdout + refused.stderr
    assert f"{DIRECTORY}: expected a mount of its own" in refused.stdout
    made.host.run(f"mkdir {DIRECTORY}; mount -t tmpfs -o size=48m images {DIRECTORY}")
    made.deploy()
    return made


def sized(mib: int) -> Image:
    """Return an image with a layer of so many MiB."""
    small, content = two_layer_image(f"{mib} MiB"), bytes([mib]) * (mib * MIB)
    manifest = json.loads(small.manifest)
    layer = {"digest": digest_of(content), "size": len(content)}
    manifest["layers"].append({**manifest["layers"][0], **layer})
    return Image(json.dumps(manifest).encode(), {**small.blobs, layer["digest"]: content})


def test_a_full_disk_harms_nothing_and_is_told(site: Site) -> None:
    client, kept = site.client(), sized(10)
    client.push("team/kept", "1", kept)
    site.host.run(LOOK)
    assert (
        f'holdfast_storage_below_guard{{directory="{DIRECTORY}"}} 0'
        in site.host.run(FIGURES).stdout
    )
    with pytest.raises(RegistryError, match="got 500"):
        client.push("team/large", "1", sized(60), chunk=8 * MIB)
    assert site.client().pull("team/kept", "1") == kept
    site.host.run(LOOK, check=False)
    assert (
        f'holdfast_storage_below_guard{{directory="{DIRECTORY}"}} 1'
        in site.host.run(FIGURES).stdout
    )
    status = site.holdfast("status")
    assert status.returncode == 6, status.stdout
    assert f"{DIRECTORY}: expected 5 % free, found " in status.stdout
    refused = site.holdfast("deploy", registry_log_level="error")
    assert refused.returncode == 4, refused.stdout
    # The registry keeps the file of a failed upload open: its space comes back when it is emptied.
    part = f"{DIRECTORY}/docker/registry/v2/repositories/team/large/_uploads/*/data"
    site.host.run(
        f"truncate -s 0 {part}; rm -rf {DIRECTORY}/docker/registry/v2/repositories/team/large"
    )
    site.client().push("team/again", "1", sized(8))
    assert site.client().pull("team/kept", "1") == kept
    site.host.run(LOOK)
    assert "free for /srv/small" in site.holdfast("status").stdout


def test_without_its_mount_the_registry_does_not_start(site: Site) -> None:
    site.host.run("systemctl stop 'holdfast-registry@*'")
    site.host.run(f"umount {DIRECTORY}")
    started = site.host.run("systemctl start holdfast.target 'holdfast-registry@1'", check=False)
    assert "Assertion failed" in started.stderr + started.stdout
    done = site.holdfast("deploy")
    assert done.returncode == 4, done.stdout
    assert "expected a mount of its own" in done.stdout


def test_somebody_elses_files_are_refused(site: Site) -> None:
    site.host.run("mkdir -p /srv/photos/2024; touch /srv/photos/2024/cat.jpg")
    change = {"registry_storage_directory": "/srv/photos", "registry_storage_mount": False}
    done = site.holdfast("deploy", **change, registry_storage_adopt=True)
    assert done.returncode == 4, done.stdout
    assert "/srv/photos: expected an empty directory or a registry's" in done.stdout
    assert site.host.run("stat -c %U /srv/photos").stdout == "root\n"


def test_another_registrys_images_are_taken_over_when_asked(site: Site) -> None:
    old = "/var/lib/docker-registry"
    site.host.run(f"mkdir -p {old}/docker/registry/v2/repositories/theirs; chown -R games: {old}")
    change = {"registry_storage_directory": old, "registry_storage_mount": False}
    refused = site.holdfast("deploy", **change)
    assert refused.returncode == 4, refused.stdout
    assert "found images of games's registry" in refused.stdout
    site.deploy(**change, registry_storage_adopt=True)
    owner = site.host.run(f"stat -c %U {old}/docker/registry/v2/repositories/theirs").stdout
    assert owner == "holdfast-registry\n"
    site.client().push("team/app", "1", sized(1))
