"""Jobs and a scrub on a host: damage is found, named and healed by the next push."""

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

IMAGES = "/srv/registry/docker/registry/v2"
ASIDE = "/srv/registry/holdfast-trash/damaged"


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host whose registry has a cache in its own memory."""
    made = new_site()
    made.deploy()
    return made


def jobs(site: Site) -> dict[str, dict[str, object]]:
    done = site.holdfast("jobs", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    (facts,) = [one["facts"] for one in events if one["event"] == "facts"]
    return {one["name"]: one for one in facts["jobs"]}


def test_jobs_are_listed_and_run(site: Site) -> None:
    known = jobs(site)
    assert set(known) == {"certificates", "gc", "scrub", "storage"}
    for name, one in known.items():
        assert one["timed"] is True, name
        assert isinstance(one["next"], float), name
        assert one["next"] > time.time() - 60, name
    for name in known:
        done = site.holdfast("jobs", "run", name)
        assert done.returncode == 0, (name, done.stdout + done.stderr)
    for name, one in jobs(site).items():
        last = one["last"]
        assert isinstance(last, dict), name
        assert last["result"] == "ok", (name, last)
    table = site.holdfast("jobs").stdout
    assert table.count("r1  ") == len(known)
    assert "next 20" in table
    wrong = site.holdfast("jobs", "run", "nothing")
    assert wrong.returncode == 2
    assert "expected one of certificates, gc, scrub, storage, got nothing" in wrong.stderr


def test_a_job_that_fails_is_said(site: Site) -> None:
    try:
        # Without the gate nothing can be collected.
        site.host.run("systemctl stop holdfast-gate-control.socket holdfast-gate.service")
        done = site.holdfast("jobs", "run", "gc")
        assert done.returncode == 5, done.stdout + done.stderr
        status = site.holdfast("status")
        assert "gc: " in status.stdout
        assert "holdfast jobs run gc" in status.stdout
    finally:
        site.deploy()
    assert site.holdfast("jobs", "run", "gc").returncode == 0


def test_a_flipped_bit_is_found_named_and_healed(site: Site) -> None:
    image, well = two_layer_image("hurt"), two_layer_image("well")
    site.client().push("team/hurt", "one", image)
    site.client().push("team/well", "one", well)
    assert site.client().pull("team/hurt", "one") == image  # the cache knows it
    digest = next(iter(image.blobs))
    path = f"{IMAGES}/{blob(digest)}"
    site.host.run(f"printf X | dd of={path} bs=1 conv=notrunc status=none")
    done = site.holdfast("scrub", "--now")
    assert done.returncode == 6, done.stdout + done.stderr
    said = f"team/hurt:one cannot be pulled, for {digest} is damaged. Push it again"
    assert said in done.stdout
    assert site.host.run(f"test -e {path}", check=False).returncode
    site.host.run(f"test -e {ASIDE}/{blob(digest)}")
    assert said in site.holdfast("status").stdout
    assert "team/hurt:one" in site.holdfast("doctor").stdout
    assert "holdfast_scrub_damaged_blobs 1" in (
        site.host.run("cat /var/lib/holdfast/metrics/*.prom").stdout
    )
    assert site.client().pull("team/well", "one") == well
    site.client().push("team/hurt", "one", image)
    assert site.client().pull("team/hurt", "one") == image
    assert said not in site.holdfast("status").stdout
    done = site.holdfast("scrub")
    assert done.returncode == 0, done.stdout + done.stderr
    assert site.host.run("test -e /var/lib/holdfast/scrub/all", check=False).returncode


def test_a_kill_in_the_midst_is_said_and_the_next_run_does_the_rest(site: Site) -> None:
    site.host.run("head -c 200M /dev/urandom > /root/blob")
    digest = site.host.run("sha256sum /root/blob").stdout.split()[0]
    folder = f"{IMAGES}/{blob(f'sha256:{digest}')}".removesuffix("/data")
    site.host.run(f"mkdir -p {folder}; cp /root/blob {folder}/data; chmod -R g+rX {folder}")
    site.host.run(f"chown -R holdfast-registry:holdfast {folder}")
    site.host.run(
        # A new one counts as proven by its upload.
        "sleep 1; date +%s > /var/lib/holdfast/scrub/all; systemctl start --no-block holdfast-scrub"
    )
    time.sleep(2)
    # However long the next look takes, it is in the midst then.
    site.host.run("systemctl kill -s STOP holdfast-scrub")
    assert jobs(site)["scrub"]["running"] is True
    site.host.run("systemctl kill -s KILL holdfast-scrub")
    time.sleep(1)
    status = site.holdfast("status")
    assert "scrub: systemd ended it: signal" in status.stdout
    assert site.holdfast("scrub").returncode == 0
    record = json.loads(site.host.run("cat /var/lib/holdfast/jobs/scrub.json").stdout)
    assert record["result"] == "ok"
    assert record["figures"]["proven_bytes"] >= 200 << 20
    site.host.run(f"rm -r {folder} /root/blob")
