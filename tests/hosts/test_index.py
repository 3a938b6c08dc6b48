"""The index on a host: found by the command after a push, in a sandbox, and gone when it is off."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)

from tests.hosts.conftest import Site

IMAGE = two_layer_image("indexed")
UNIT = "holdfast-index.service"


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    made = new_site()
    made.deploy(registry_index_enabled=True)
    made.client().push("team-a/app", "v1.2", IMAGE)
    return made


def searched(site: Site, *words: str) -> list[dict[str, str]]:
    """Return what a search prints as JSON, once it prints something."""
    for _ in range(20):
        done = site.holdfast("search", *words, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        if done.stdout:
            break
        time.sleep(0.5)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_push_is_found_listed_and_described(site: Site) -> None:
    (found,) = searched(site, "app:v1.2")
    assert found == {
        "kind": "tag",
        "repository": "team-a/app",
        "tag": "v1.2",
        "digest": IMAGE.digest,
        "host": "r1",
    }
    listed = site.holdfast("catalog", "team-a/*")
    assert listed.returncode == 0 and "team-a/app" in listed.stdout
    assert all(len(line) <= 80 for line in listed.stdout.splitlines())
    shown = site.holdfast("inspect", "team-a/app:v1.2", "--json")
    assert len(json.loads(shown.stdout)["layers"]) == 2
    table = site.holdfast("inspect", "team-a/app:v1.2")
    assert "in 1 images of 1 repositories" in table.stdout
    assert all(len(line) <= 80 for line in table.stdout.splitlines()[1:])


def test_an_image_that_is_not_there_is_wrong_input(site: Site) -> None:
    done = site.holdfast("inspect", "team-a/app:v9")
    assert done.returncode == 2
    assert "team-a/app:v9: expected an image or repository of this host" in done.stderr


def test_it_sees_images_alone_and_hardly_anything_else(site: Site) -> None:
    exposure = site.host.run(f"systemd-analyze security --no-pager {UNIT} | tail -n 1").stdout
    assert float(exposure.partition(":")[2].split()[0]) <= 0.5, exposure
    assert "holdfast-index" in site.host.run(f"systemctl show -p User {UNIT}").stdout
    socket = site.host.run("stat -c '%U %a' /run/holdfast-index/index.sock").stdout
    assert socket.split() == ["root", "600"]
    done = site.holdfast("verify", "--by-address")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wiped_index_and_a_deploy_cost_nothing(site: Site) -> None:
    number = site.current()
    site.deploy()
    assert site.current() == number
    site.host.run("rm /var/lib/holdfast/index/index.db")
    assert searched(site, "app:v1.2")


def test_a_stopped_index_is_found_and_off_removes_it(site: Site) -> None:
    site.host.run(f"systemctl stop {UNIT} holdfast-index.socket")
    done = site.holdfast("search", "app")
    assert done.returncode == 4 and "journalctl -u holdfast-index" in done.stdout + done.stderr
    found = site.holdfast("verify", "--by-address")
    assert found.returncode and "holdfast-index" in found.stdout + found.stderr
    site.deploy()
    assert searched(site, "app")
    site.deploy(registry_index_enabled=False)
    left = site.host.run("ls /etc/systemd/system | grep holdfast-index", check=False)
    assert left.stdout == ""
    done = site.holdfast("search", "app")
    assert done.returncode == 2 and "registry_index_enabled: true" in done.stdout + done.stderr
