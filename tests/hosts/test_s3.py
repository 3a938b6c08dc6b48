"""Images in S3 on a real host: refusals before a change, loss while serving, moves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    two_layer_image,
)

from testhosts import s3
from tests.hosts.conftest import Site

IMAGE = two_layer_image("kept in a bucket")


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host that keeps its images in its own directory, and has an S3 server beside it."""
    made = new_site()
    made.deploy()
    made.client().push("team/app", "1", IMAGE)
    return made


@pytest.fixture(scope="module")
def bucket(site: Site) -> dict[str, object]:
    """The settings that keep images in the S3 server instead."""
    return s3.settings(s3.serve(site.host))


REFUSALS: dict[str, tuple[dict[str, object], str]] = {
    "a server that is not there": (
        {"registry_storage_endpoint": "https://s3.holdfast.test:1"},
        "it cannot be reached",
    ),
    "a wrong secret": ({"registry_storage_secret_key": "0123456789"}, "the secret key is wrong"),
    "no such bucket": ({"registry_storage_bucket": "none"}, "there is no bucket none. Create it"),
    "another region": (
        {"registry_storage_region": "us-west-2"},
        "the bucket is in another region: eu-central-1",
    ),
    "a certificate that nobody vouches for": (
        {"registry_service_ca": None},
        "its certificate is not trusted",
    ),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_a_bucket_that_cannot_be_used_is_refused_before_the_swap(
    site: Site, bucket: dict[str, object], what: str
) -> None:
    change, expected = REFUSALS[what]
    serving = site.current()
    done = site.holdfast("deploy", **{**bucket, "registry_storage_adopt": True, **change})
    assert done.returncode == 4, done.stdout + done.stderr
    assert expected in done.stdout
    assert "hush" not in done.stdout
    assert site.current() == serving
    assert site.client().pull("team/app", "1") == IMAGE


def test_images_are_not_left_behind_by_accident(site: Site, bucket: dict[str, object]) -> None:
    done = site.holdfast("deploy", **bucket)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "expected the place of the images that are served, /srv/registry" in done.stdout
    assert "holdfast storage move" in done.stdout


@pytest.fixture(scope="module")
def stored(site: Site, bucket: dict[str, object]) -> Iterator[Site]:
    """The host with its images in the bucket."""
    site.deploy(**bucket, registry_storage_adopt=True)
    yield site


def test_it_serves_from_the_bucket_and_is_what_it_should_be(stored: Site) -> None:
    stored.client().push("team/app", "2", IMAGE)
    assert stored.client().pull("team/app", "2") == IMAGE
    done = stored.holdfast("verify", "--by-address")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing to do" in stored.deploy()
    refused = stored.holdfast("gc", "plan")
    assert refused.returncode == 2, refused.stdout + refused.stderr
    assert "Enable versioning of the bucket" in refused.stdout
    nightly = stored.holdfast("jobs", "run", "gc")
    assert nightly.returncode == 0, nightly.stdout + nightly.stderr
    journal = stored.host.run("journalctl -u holdfast-gc.service -n 20").stdout
    assert "nothing is collected: the bucket: expected to keep versions" in journal
    listed = "ps -eo args | grep -v grep; systemctl show 'holdfast-*' -p Environment"
    assert s3.SECRET_KEY not in stored.host.run(listed).stdout


def test_without_versions_tags_go_for_ever_and_only_by_word(stored: Site) -> None:
    rule = {"repositories": ["team/**"], "drop": ["old*"], "grace": "0s"}
    stored.deploy(registry_retention=[rule])
    for tag in ("old1", "old2"):
        stored.client().push("team/app", tag, IMAGE)
    nightly = stored.holdfast("jobs", "run", "retention")
    assert nightly.returncode == 0, nightly.stdout + nightly.stderr
    journal = stored.host.run("journalctl -u holdfast-retention.service -n 20").stdout
    assert "nothing goes: the bucket: expected to keep versions" in journal
    refused = stored.holdfast("untag", "team/app:old1")
    assert refused.returncode == 2, refused.stdout + refused.stderr
    assert "--without-undo" in refused.stdout
    for verb in (("untag", "team/app:old1"), ("retention", "apply")):
        done = stored.holdfast(*verb, "--without-undo")
        assert done.returncode == 0, done.stdout + done.stderr
    assert "dropped team/app:old2" in done.stdout
    tags = stored.client().request("GET", "/v2/team/app/tags/list").body
    assert b"old" not in tags
    assert stored.client().pull("team/app", "2") == IMAGE


def test_a_server_that_goes_comes_back_without_a_restart(stored: Site) -> None:
    started = "systemctl show -P ActiveEnterTimestampMonotonic 'holdfast-registry@*'"
    before = stored.host.run(started).stdout
    stored.host.run("systemctl stop s3")
    try:
        status = stored.client().request("GET", "/v2/team/app/manifests/2").status
        assert status >= 500
        deadline = time.monotonic() + 60
        while stored.client().check() != 503:
            assert time.monotonic() < deadline
            time.sleep(1)
        assert "health check" in stored.host.run("journalctl -u 'holdfast-registry@*' -n 50").stdout
    finally:
        stored.host.run("systemctl start s3")
    deadline = time.monotonic() + 60
    while stored.client().check() != 200:
        assert time.monotonic() < deadline
        time.sleep(1)
    assert stored.client().pull("team/app", "2") == IMAGE
    assert stored.host.run(started).stdout == before


def test_a_check_of_a_move_makes_every_check(stored: Site) -> None:
    wrong = {"registry_storage_bucket": "others", "registry_storage_secret_key": "x" * 40}
    before = stored.current()
    done = stored.holdfast("storage", "move", "--check", **wrong)
    assert done.returncode == 4, done.stdout + done.stderr
    drop = {name: None for name in stored.variables if name.startswith("registry_storage_")}
    stored.host.run("touch /srv/again")  # in the way of the directory
    back = {**drop, "registry_storage_directory": "/srv/again"}
    done = stored.holdfast("storage", "move", "--check", **back)
    assert done.returncode == 4, done.stdout + done.stderr
    stored.host.run("rm /srv/again")
    assert stored.current() == before


def test_images_move_back_while_they_are_served(stored: Site) -> None:
    """Interrupts a move between copy and deploy, continues it, and removes the old images."""
    drop = {name: None for name in stored.variables if name.startswith("registry_storage_")}
    back = {**drop, "registry_storage_directory": "/srv/again"}
    before = stored.current()
    stored.host.run("touch /srv/again")  # in the way of the directory
    refused = stored.holdfast("storage", "move", **back)
    assert refused.returncode == 4, refused.stdout + refused.stderr
    assert stored.current() == before
    assert stored.client().check() == 200
    stored.host.run("rm /srv/again; systemctl stop s3")
    cut = stored.holdfast("storage", "move", **back)
    assert cut.returncode == 5, cut.stdout + cut.stderr
    assert "it cannot be reached" in cut.stdout
    assert "The registry serves read-only. Run the same command to continue" in cut.stdout
    stored.host.run("systemctl start s3")
    begun = stored.client().request("POST", "/v2/team/app/blobs/uploads/")
    assert begun.status == 405
    assert b"this registry is read-only" in begun.body  # the proxy's words in this state
    assert stored.client().pull("team/app", "2") == IMAGE
    assert "a move has not ended" in stored.holdfast("status", **back).stdout
    early = stored.holdfast("deploy", **back)
    assert early.returncode == 4, early.stdout
    assert "holdfast storage move" in early.stdout
    told = stored.holdfast("storage", "move", "--check", **back)
    assert "would change" in told.stdout
    done = stored.holdfast("storage", "move", **back)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "files, " in done.stdout
    assert stored.current() == before + 2
    stored.variables.update(back)
    assert stored.client().pull("team/app", "2") == IMAGE
    stored.client().push("team/app", "3", IMAGE)
    assert "nothing to do" in stored.deploy()
    assert "are in /srv/again already" in stored.holdfast("storage", "move").stdout
    kept = "find /root/s3/data/images -name data | wc -l"
    stored.deploy(registry_storage_readonly=True)
    assert stored.client().request("POST", "/v2/team/app/blobs/uploads/").status == 405
    assert stored.client().pull("team/app", "3") == IMAGE
    assert "registry_storage_readonly is true" in stored.holdfast("status").stdout
    still = stored.holdfast("verify", "--by-address")
    assert still.returncode == 0, still.stdout
    stored.deploy(registry_storage_readonly=False)
    planned = stored.holdfast("storage", "move", "--remove-old", "--check")
    assert "would be removed" in planned.stdout
    assert int(stored.host.run(kept).stdout) > 0
    gone = stored.holdfast("storage", "move", "--remove-old")
    assert "None" not in gone.stdout
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert int(stored.host.run(kept).stdout) == 0
    assert stored.client().pull("team/app", "3") == IMAGE
