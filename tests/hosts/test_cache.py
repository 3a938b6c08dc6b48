"""Our own cache on a host: it comes, dies, changes and goes, and no request fails for it."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.cache.service import USERS
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    RegistryError,
    two_layer_image,
)

from tests.hosts.conftest import Site
from tests.hosts.traffic import load
from tests.integration.receiver import certified, receiving
from tests.sabotage.bench import Bench

CACHE = "holdfast-cache.service"


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host with a registry that has a cache in its own memory."""
    made = new_site(flavour="valkey")
    made.deploy()
    return made


def started(site: Site) -> str:
    """Return when the cache was started; empty: it does not run."""
    requested = f"systemctl is-active -q {CACHE} && systemctl show -P ActiveEnterTimestampMonotonic"
    return site.host.run(f"{requested} {CACHE}", check=False).stdout.strip()


def test_a_flush_of_a_cache_in_memory_is_a_swap(site: Site) -> None:
    planned = site.holdfast("cache", "flush", "--check")
    number = site.current()
    assert f"generation {number} would start again" in planned.stdout, planned.stderr
    image = two_layer_image("lost in memory")
    with load(site.client) as counts:
        client = site.client()
        client.push("lost/app", "latest", image)
        assert site.current() == number
        for digest in image.blobs:
            name = digest.partition(":")[2]
            site.host.run(f"rm -r /srv/registry/docker/registry/v2/blobs/sha256/{name[:2]}/{name}")
        # The registry vouches for layers that are gone: they are not sent again. The gate looks.
        with pytest.raises(RegistryError, match="MANIFEST_BLOB_UNKNOWN"):
            client.push("lost/app", "latest", image)
        found = site.holdfast("doctor")
        assert (found.returncode, "lost/app:latest cannot be pulled" in found.stdout) == (6, True)
        done = site.holdfast("cache", "flush")
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"generation {number + 1} started" in done.stdout
        client.push("lost/app", "latest", image)
        assert client.pull("lost/app", "latest") == image
        client.close()
        assert site.holdfast("doctor").returncode == 0
    assert counts.failures == [], counts
    assert "nothing to do" in site.deploy()
    site.deploy(registry_cache_mode="none")
    none = site.holdfast("cache", "flush")
    assert (none.returncode, "there is none to empty" in none.stdout) == (0, True), none.stderr
    site.deploy(registry_cache_mode="memory")


def test_no_request_fails_while_it_comes_dies_changes_and_goes(site: Site) -> None:
    with load(site.client) as counts:
        assert "cache started" in site.deploy(registry_cache_mode="local")
        first = started(site)
        # As the kernel ends it when memory is short, and as a hand does it.
        site.host.run(f"systemctl kill -s KILL {CACHE}")
        time.sleep(2)
        assert started(site) not in ("", first)
        site.host.run(f"systemctl stop {CACHE}")
        time.sleep(2)
        gone = site.holdfast("status")
        assert gone.returncode == 6
        assert "cache.sock" in gone.stdout
        assert "cache.answers" in site.holdfast("verify", "--by-address", "--only", "cache").stdout
        site.deploy()
        kept = started(site)
        assert kept
        assert "cache" not in site.deploy(registry_log_level="error").partition("smoke")[2]
        assert started(site) == kept
        assert "cache restarted" in site.deploy(registry_cache_memory_mib=32)
        site.deploy(registry_cache_mode="memory", registry_cache_memory_mib=None)
    assert counts.failures == [], counts
    print(counts)
    assert counts.pulls > 20
    assert counts.pushes > 5
    assert started(site) == ""
    assert site.host.run("pgrep valkey-server", check=False).stdout == ""


OTHERWISE = {
    "cache.policy": "found noeviction",
    "cache.memory": f"found {99 << 20}",
    "cache.acl": "the registry's login may CONFIG GET maxmemory",
    "cache.closed": "it asks for no login",
}
"""By control: what it says of a cache whose files were edited by hand."""
AWAY = {"cache.answers": "expected an answer of the cache"}
EDIT = f"""
sed -i 's/allkeys-lru/noeviction/; s/^maxmemory .*/maxmemory 99mb/' \\
  /etc/holdfast/current/cache/cache.conf
sed -i 's/ +exec/ +exec +config|get/; s/^user default o.*#[0-9a-f]*/user default on nopass/;
  s/^user default off/user default on nopass +ping/' {USERS}
systemctl restart {CACHE}
"""


def test_verify_sees_a_cache_that_is_not_as_deployed(site: Site) -> None:
    site.deploy(registry_cache_mode="local")
    with tempfile.TemporaryDirectory() as sockets:
        bench = Bench(site, Path(sockets))

        def red() -> dict[str, str]:
            found = bench.look(OTHERWISE.keys() | AWAY)
            return {one.check: one.text for one in found.failures}

        assert red() == {}
        bench.sh(EDIT)
        edited = red()
        bench.sh(f"systemctl stop {CACHE}")
        stopped = red()
    assert edited.keys() == OTHERWISE.keys(), edited
    assert {name: text for name, text in edited.items() if OTHERWISE[name] not in text} == {}
    assert stopped.keys() == AWAY.keys(), stopped
    assert AWAY["cache.answers"] in stopped["cache.answers"]
    site.deploy(registry_cache_mode="memory")


def test_notifications_leave_the_registrys_sandbox(site: Site, tmp_path: Path) -> None:
    name, gateway = "hook.holdfast.test", site.host.run("ip route show default").stdout.split()[2]
    site.host.run(f"echo {gateway} {name} >> /etc/hosts")
    certified(tmp_path, name)
    with socket.create_server((gateway, 0)) as free:
        port = free.getsockname()[1]
    header = {"name": "Authorization", "value": "Bearer of-the-test"}
    endpoint = {"name": "hook", "url": f"https://{name}:{port}/x", "headers": [header]}
    given = {"registry_service_ca": (tmp_path / "ca.pem").read_text()}
    with receiving(tmp_path, port, name, gateway) as got:
        site.deploy(**given, registry_notifications_endpoints=[endpoint])
        until = time.monotonic() + 20
        while "pull" not in got.actions("holdfast/smoke"):
            assert time.monotonic() < until
            time.sleep(0.1)
        assert {one["Authorization"] for one in got.headers} == {"Bearer of-the-test"}
    shown = "cat /etc/holdfast/current/registry/config.yml; journalctl -u 'holdfast-*' -o cat"
    assert "of-the-test" not in site.host.run(shown).stdout
    # With the receiver gone, and with what it needs of a network, all is well.
    done = site.holdfast("verify", "--by-address")
    assert done.returncode == 0, done.stdout
    site.deploy(registry_notifications_endpoints=[], registry_service_ca=None)


def test_registry_28_has_it_on_a_loopback_that_nobody_else_has(site: Site) -> None:
    older = dict.fromkeys(name for name in site.variables if "distribution" in name)
    older["registry_distribution_source"] = "package"
    site.deploy(**older, registry_cache_mode="local", registry_storage_delete=True)
    done = site.holdfast("verify", "--by-address")
    assert done.returncode == 0, done.stdout
    assert "nothing to do" in site.deploy()
    result = site.holdfast("status").stdout
    assert "cache         ok           local, answering" in result
    assert site.host.run("ss -Hltn '( sport = :6379 )'").stdout == ""
    # After a restart of either the two still meet.
    site.host.run(f"systemctl restart {CACHE}")
    client, until = site.client(), time.monotonic() + 20
    while " 0 entries" in site.holdfast("status").stdout:
        assert time.monotonic() < until
        assert client.pull("holdfast/smoke", "latest")
    client.close()


def test_a_flush_after_the_storage_was_wiped_lets_a_push_be_one_again(site: Site) -> None:
    client, image = site.client(), two_layer_image("lost")
    client.push("lost/app", "latest", image)
    site.host.run("rm -rf /srv/registry/docker")
    # The warm cache vouches for layers that are gone: they are not sent again. The gate looks.
    with pytest.raises(RegistryError, match="MANIFEST_BLOB_UNKNOWN"):
        client.push("lost/app", "latest", image)
    done = site.holdfast("cache", "flush")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "emptied" in done.stdout
    client.push("lost/app", "latest", image)
    assert client.pull("lost/app", "latest") == image
    client.close()
