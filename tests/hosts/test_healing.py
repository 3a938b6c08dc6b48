"""Services that are killed heal themselves; what cannot is seen by the next deploy."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    RegistryError,
    over_tls,
)

from testhosts import upstream
from tests.hosts.conftest import PASSWORD, Site
from tests.hosts.traffic import load

HUB = "hub.holdfast.test"
SECONDS = 5.0
"""Time limit for a killed service to answer again, on a machine busy with other tests."""


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host with a registry."""
    made = new_site()
    made.deploy()
    return made


@pytest.fixture(scope="module")
def full(new_site: Callable[..., Site]) -> Site:
    """A host with an issuer, a mirror and a cache beside its registry."""
    made = new_site(flavour="tokens")
    trust = upstream.serve(made.host)
    mirror = {"name": "hub", "url": upstream.URL, "hostname": HUB, "anonymous": True}
    mirror |= {"username": upstream.USER, "password": upstream.PASSWORD}
    made.deploy(
        registry_auth_mode="token",
        registry_auth_users=[{"name": "alice", "password": PASSWORD}],
        registry_auth_rules=[
            {"subjects": ["user:alice"], "repositories": ["**"], "actions": ["push"]}
        ],
        registry_mirrors=[mirror],
        registry_service_ca=trust,
        registry_cache_mode="local",
    )
    return made


@pytest.mark.parametrize("service", ["logins", "registry", "proxy"])
def test_a_killed_service_comes_back_by_itself(site: Site, service: str) -> None:
    kill_thrice(site, unit_of(site, service), lambda: answers(site))


@pytest.mark.parametrize("service", ["issuer", "registry", "mirror-hub", "proxy", "cache"])
def test_each_of_many_services_comes_back_by_itself(full: Site, service: str) -> None:
    serves = {"mirror-hub": mirrors, "cache": caches}.get(service, answers)
    kill_thrice(full, unit_of(full, service), lambda: serves(full))


@pytest.mark.parametrize("service", ["logins", "proxy"])
def test_a_killed_worker_is_replaced(site: Site, service: str) -> None:
    unit = unit_of(site, service)
    main = site.host.run(f"systemctl show -P MainPID {unit}").stdout.strip()
    worker = site.host.run(f"cat /proc/{main}/task/{main}/children").stdout.split()[0]
    site.host.run(f"kill -KILL {worker}")
    assert came_back(lambda: answers(site)) < SECONDS
    assert site.host.run(f"systemctl show -P MainPID {unit}").stdout.strip() == main
    # What systemd does when the kernel kills one for its memory: nothing.
    assert site.host.run(f"systemctl show -P OOMPolicy {unit}").stdout.strip() == "continue"


@pytest.mark.parametrize("lost", ["/run/holdfast/*", "/run/holdfast-cache/cache.sock"])
def test_lost_sockets_of_all_services_are_seen_and_healed(full: Site, lost: str) -> None:
    full.host.run(f"rm -rf {lost}")
    units = ["cache"] if "cache" in lost else ["issuer", "registry", "mirror-hub"]
    for verb in ("status", "doctor"):
        seen = full.holdfast(verb)
        assert seen.returncode == 6, seen.stdout
        for service in units:
            assert f"{unit_of(full, service)} gives no answer at its socket" in seen.stdout
        assert "Run: holdfast deploy" in seen.stdout
    full.deploy()
    assert answers(full)
    assert mirrors(full)
    assert caches(full)
    assert full.holdfast("status").returncode == 0
    assert "nothing to do" in full.deploy()


def test_what_only_the_proxy_cannot_reach_is_seen(site: Site, full: Site) -> None:
    for one, service in ((site, "logins"), (full, "issuer")):
        one.host.run(f"chmod 700 /run/holdfast/{service}")
        seen = one.holdfast("status")
        one.host.run(f"chmod 750 /run/holdfast/{service}")
        assert seen.returncode == 6, seen.stdout
        assert "has mode 0700, not 0750" in seen.stdout
        assert one.holdfast("status").returncode == 0


def test_a_service_that_answers_root_alone_is_seen_and_healed(site: Site) -> None:
    # The proxy answers by itself whoever has no login, and root passes any mode.
    for damage in ("chmod 600", "chmod 640"):
        site.host.run(f"{damage} /run/holdfast/logins/{site.current()}/socket")
        seen = site.holdfast("status")
        assert seen.returncode == 6, seen.stdout
        assert f"{unit_of(site, 'logins')} gives no answer at its socket" in seen.stdout
        site.deploy()
        assert answers(site)
        assert "nothing to do" in site.deploy()


IN_THE_PROXY = """
import ctypes, os, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
shown = ["systemctl", "show", "-P", "MainPID", "holdfast-proxy.service"]
proxy = subprocess.check_output(shown, text=True).strip()
os.setns(os.open(f"/proc/{proxy}/ns/mnt", os.O_RDONLY))
place = b"/run/holdfast/logins"
add = sys.argv[1] == "lose"
failed = libc.mount(b"none", place, b"tmpfs", 0, None) if add else libc.umount(place)
sys.exit(os.strerror(ctypes.get_errno()) if failed else 0)
"""
"""Program that puts an empty directory over the logins' sockets in the proxy's namespace alone."""


def test_what_is_lost_to_the_proxy_alone_is_seen(site: Site) -> None:
    site.host.run("python3 - lose", text=IN_THE_PROXY)
    seen = site.holdfast("status")
    site.host.run("python3 - find", text=IN_THE_PROXY)
    assert seen.returncode == 6, seen.stdout
    assert "a login is answered with 50" in seen.stdout
    assert site.holdfast("status").returncode == 0


def test_an_ended_issuer_leaves_no_socket(full: Site) -> None:
    # A deploy lets the old one answer what it has begun.
    full.deploy(registry_log_level="error")
    sockets, begun = "ls /run/holdfast/issuer", time.monotonic()
    alone = f"{full.current()}.sock\n"
    while full.host.run(sockets).stdout != alone and time.monotonic() - begun < 4 * SECONDS:
        time.sleep(0.2)
    assert full.host.run(sockets).stdout == alone


def test_a_service_that_lost_its_socket_is_seen_and_healed(site: Site) -> None:
    site.host.run(f"rm -rf /run/holdfast/logins/{site.current()}*")
    seen = site.holdfast("status")
    assert seen.returncode == 6, seen.stdout
    assert "gives no answer" in seen.stdout
    site.deploy()
    assert answers(site)
    assert "nothing to do" in site.deploy()


def unit_of(site: Site, service: str) -> str:
    """Return the unit of a service that serves now."""
    once = service in {"proxy", "cache"}
    return f"holdfast-{service}.service" if once else f"holdfast-{service}@{site.current()}.service"


def kill_thrice(site: Site, unit: str, serves: Callable[[], bool]) -> None:
    """Kill a service three times in a row while clients use the registry; it heals itself."""
    # Requests are lost with the process that had them; the load is there to meet a dead one.
    with load(site.client):
        for _ in range(3):
            site.host.run(f"systemctl kill --signal=KILL --kill-whom=all {unit}")
            seconds = came_back(serves)
            assert seconds < SECONDS, site.host.run(f"journalctl -n 20 -u {unit}").stdout
    assert "nothing to do" in site.deploy()


def came_back(serves: Callable[[], bool]) -> float:
    """Return the seconds until a service serves again, at most a little more than SECONDS."""
    begun = time.monotonic()
    while not serves() and time.monotonic() - begun < SECONDS:
        time.sleep(0.05)
    return time.monotonic() - begun


def mirrors(site: Site) -> bool:
    """Return True if the mirror answers."""
    ca = str(site.folder / "pki" / "ca.crt")
    hub = over_tls(HUB, 443, address=site.host.address, cafile=ca, timeout=30)
    try:
        return hub.check() == 200
    except RegistryError:
        return False
    finally:
        hub.close()


def caches(site: Site) -> bool:
    """Return True if the cache asks for a login."""
    ask = "valkey-cli -s /run/holdfast-cache/cache.sock ping"
    return "NOAUTH" in site.host.run(ask, check=False).stdout


def answers(site: Site) -> bool:
    """Return True if a login is checked and the registry answers behind it."""
    try:
        return bool(site.client().request("GET", "/v2/").status == 200)
    except RegistryError:
        return False


DROP_IN = "/etc/systemd/system/holdfast-proxy.service.d/nice.conf"


def test_a_foreign_drop_in_is_reported_until_it_is_removed_or_meant(site: Site) -> None:
    text = "[Service]\\nNice=5\\n"
    put = f"mkdir -p $(dirname {DROP_IN}); printf '{text}' > {DROP_IN}; systemctl daemon-reload"
    site.host.run(f"{put}; systemctl restart holdfast-proxy.service")
    complaint = f"{DROP_IN}: expected no drop-in, or its path in registry_service_drop_ins"
    shown = site.deploy()
    assert complaint in shown
    assert "nothing to do" not in shown
    assert "intact" not in shown
    for verb in ("status", "doctor"):
        seen = site.holdfast(verb)
        assert (seen.returncode, complaint in seen.stdout) == (6, True), seen.stdout
    judged = site.holdfast("verify", "--by-address", "--only", "units.as-deployed")
    assert judged.returncode == 6
    meant = site.holdfast("deploy", registry_service_drop_ins=[DROP_IN])
    assert "intact, answering" in meant.stdout
    advised = re.search(r"Run on the host: (.*)", judged.stdout)
    assert advised, judged.stdout
    site.host.run(advised[1])
    assert "Nice=5" not in site.host.run("systemctl show -p Nice holdfast-proxy.service").stdout
    assert site.holdfast("verify", "--by-address", "--only", "units.as-deployed").returncode == 0
    assert site.holdfast("status").returncode == 0
    assert "nothing to do" in site.deploy()
