"""Clean-up on a host: garbage goes beside pushes, and nothing else, whatever is killed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import blob
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)

from tests.hosts.conftest import Site
from tests.hosts.traffic import load
from tests.integration.cleanup_load import Load

IMAGES = "/srv/registry/docker/registry/v2"
TRASH = "/srv/registry/holdfast-trash"
GATE = "holdfast-gate.service"


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host with a registry that allows deletes and has a cache in its own memory."""
    made = new_site()
    made.deploy(registry_storage_delete=True)
    return made


def files(site: Site, folder: str) -> int:
    return int(site.host.run(f"find {folder} -type f | wc -l").stdout)


def gc(site: Site, *arguments: str) -> str:
    done = site.holdfast("gc", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_garbage_goes_and_comes_back_under_load(site: Site) -> None:
    image, kept = two_layer_image("to be dropped"), two_layer_image("to be kept")
    site.client().push("team/dropped", "one", image)
    site.client().push("team/kept", "one", kept)
    assert site.client().delete("team/dropped", image.digest)
    with Load(site.client, writers=2, adversaries=2) as clients:
        assert "no longer needed: " in gc(site, "plan", "--grace", "0s")
        assert files(site, TRASH) == 0
        assert "to the trash: " in gc(site, "run", "--now", "--grace", "0s")
        assert files(site, TRASH) > 0
        gc(site, "undo")
        assert files(site, TRASH) == 0
        # The memory of the registry is emptied before anything is removed: by a swap.
        number = site.current()
        gc(site, "run", "--grace", "0s")
        assert "removed: " in gc(site, "purge")
        assert site.current() == number + 1
    assert set(clients.counts) <= {"201", "deleted"}, clients.counts
    assert len(clients.kept) > 5
    for repository, digest in clients.kept:
        site.client().pull(repository, digest)
    assert files(site, TRASH) == 0
    assert site.host.run(f"test -e {IMAGES}/{blob(image.digest)}", check=False).returncode
    assert site.client().pull("team/kept", "one") == kept
    site.client().push("team/dropped", "again", image)
    assert site.client().pull("team/dropped", "again") == image


def test_a_restart_and_a_kill_of_the_gate_refuse_no_push(site: Site) -> None:
    with load(site.client) as counts:
        for _ in range(3):
            site.host.run(f"systemctl restart {GATE}")
            time.sleep(0.5)
    assert counts.failures == [], counts
    assert counts.pushes > 5
    site.host.run(f"systemctl kill -s KILL {GATE}")
    image = two_layer_image("after a kill")
    site.client().push("team/killed", "one", image)
    assert site.client().pull("team/killed", "one") == image


def test_without_a_gate_manifests_are_refused_and_pulls_go_on(site: Site) -> None:
    image = two_layer_image("pulled")
    site.client().push("team/pulled", "one", image)
    sockets = "holdfast-gate.socket holdfast-gate-control.socket"
    try:
        site.host.run(f"systemctl stop {GATE} {sockets}")
        reply = site.client().request("PUT", "/v2/team/pulled/manifests/two", image.manifest)
        assert (reply.status, reply.headers["Retry-After"]) == (503, "5")
        assert json.loads(reply.body)["errors"][0]["code"] == "UNAVAILABLE"
        assert site.client().pull("team/pulled", "one") == image
        status = site.holdfast("status")
        assert "holdfast-gate.socket" in status.stdout + status.stderr
    finally:
        site.deploy()
    site.client().push("team/pulled", "two", image)


def test_the_timer_runs_the_job(site: Site) -> None:
    assert "holdfast-gc.timer" in site.host.run("systemctl list-timers --no-pager").stdout
    site.host.run("systemctl start holdfast-gc.service")
    result = json.loads(site.host.run("cat /var/lib/holdfast/jobs/gc.json").stdout)
    assert (result["result"], result["problem"]) == ("ok", "")
    assert result["figures"]["manifests"] > 0
    assert "holdfast_gc_failed 0" in site.host.run("cat /var/lib/holdfast/metrics/*.prom").stdout


def test_the_timer_removes_what_was_in_the_trash_long_enough(site: Site) -> None:
    # On a busy machine a run takes seconds: none of it may be old enough in the run that moves it.
    site.deploy(registry_gc_grace="0s", registry_gc_undo="8s")
    image = two_layer_image("for the timer")
    site.client().push("team/timer", "one", image)
    assert site.client().delete("team/timer", image.digest)
    site.host.run("systemctl start holdfast-gc.service; sleep 8")
    assert files(site, TRASH) > 0
    number = site.current()
    site.host.run("systemctl start holdfast-gc.service")
    assert files(site, TRASH) == 0
    # The cache in the registry's memory was emptied before, by a swap.
    assert site.current() == number + 1
    site.client().push("team/timer", "again", image)
    assert site.client().pull("team/timer", "again") == image


def test_registry_2_is_cleaned_too_and_its_store_after_an_upgrade(
    new_site: Callable[..., Site],
) -> None:
    site = new_site(registry_storage_delete=True)
    newer = {name: site.variables[name] for name in site.variables if "_distribution_" in name}
    older = dict.fromkeys(newer) | {"registry_distribution_source": "package"}
    site.deploy(**older)
    first, second = two_layer_image("of registry 2"), two_layer_image("of registry 2 as well")
    for name, image in (("one", first), ("two", second)):
        site.client().push("team/dropped", name, image)
    assert site.client().delete("team/dropped", first.digest)
    assert "to the trash: " in gc(site, "run", "--now", "--grace", "0s")
    assert site.host.run(f"test -e {IMAGES}/{blob(first.digest)}", check=False).returncode
    gc(site, "undo")
    site.client().push("team/dropped", "again", first)
    # Its directories are closed to the gate's own account, until the upgrade opens them.
    site.deploy(**newer)
    for image in (first, second):
        assert site.client().delete("team/dropped", image.digest)
    gc(site, "run", "--now", "--grace", "0s")
    for image in (first, second):
        assert site.host.run(f"test -e {IMAGES}/{blob(image.digest)}", check=False).returncode
    site.client().push("team/dropped", "last", second)
    assert site.client().pull("team/dropped", "last") == second
    site.deploy(**older)
    site.client().push("team/dropped", "older", first)
    assert "nothing to do" in site.deploy()
