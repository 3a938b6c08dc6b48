"""The profile `host` on a host with other services: changes, exceptions, and undoing it.

Kernel, audit and AppArmor need a kernel of their own: the Molecule scenario vm has one.
"""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Image,
    digest_of,
    two_layer_image,
)

from testhosts import hosts
from testhosts.hosts import Host
from tests.hosts.conftest import NAME, Site

OTHER = "add table inet other; add chain inet other c; add rule inet other c tcp dport 9 counter"
SERVICE = "systemd-run --quiet --unit other python3 -m http.server 9100 --bind 0.0.0.0"
PLACES = (
    "/etc/ssh/sshd_config.d/00-holdfast.conf /etc/systemd/journald.conf.d/zz-holdfast.conf"
    " /etc/apt/apt.conf.d/zz-holdfast /etc/profile.d/holdfast.sh"
    " /etc/security/limits.d/holdfast.conf"
)
HARDENED = {
    "registry_hardening_profile": "host",
    "registry_hardening_open_ports": ["9100/tcp"],
}
SOON = {"registry_hardening_confirm_seconds": 10}
OLD_CLIENT = " -o KexAlgorithms=curve25519-sha256"
SLOW = 2000


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host with a registry, another service and a table of somebody else's."""
    made = new_site(
        flavour="hardened",
        registry_hardening_profile="off",
        # Each command of these tests is a connection of its own.
        registry_hardening_ssh_per_minute=6000,
    )
    made.deploy()
    made.host.run(f"{SERVICE}; nft '{OTHER}'")
    return made


@pytest.fixture(scope="module")
def hardened(site: Site) -> Site:
    """The same host with the profile `host`."""
    result = site.deploy(**HARDENED)
    assert "firewall and ssh confirmed by a new connection" in result
    return site


@pytest.fixture(scope="module")
def neighbour() -> Iterator[Host]:
    """Another machine of the same network."""
    host = hosts.up(f"neighbour-{os.getpid()}", flavour="ready")
    yield host
    host.down()


def large_image() -> Image:
    """Return an image with a layer of 8 MiB that nobody has seen before."""
    small, layer = two_layer_image(os.urandom(8).hex()), os.urandom(8 * 2**20)
    return Image(small.manifest, {**small.blobs, digest_of(layer): layer})


def untouched(site: Site) -> None:
    """Assert that nothing of hardening is on the host, and that it serves."""
    tables = site.host.run("nft list tables").stdout.split("\n")
    assert "table inet other" in tables
    assert "table inet holdfast" not in tables
    assert site.host.run(f"ls {PLACES} 2>/dev/null", check=False).stdout == ""
    assert "noexec" not in site.host.run("findmnt -no OPTIONS -T /srv/registry").stdout
    old = [*site.host.ssh_command(), *OLD_CLIENT.split(), "true"]
    assert subprocess.run(old, check=False).returncode == 0
    assert site.client().check() == 200


def test_what_would_be_cut_is_named_and_refused(site: Site) -> None:
    sources = {"registry_hardening_ssh_sources": ["192.0.2.0/24"]}
    done = site.holdfast("deploy", registry_hardening_profile="host", **sources)
    assert done.returncode == 4, done.stdout
    assert "9100/tcp: python3 would be cut off" in done.stdout
    assert "registry_hardening_ssh_sources: expected" in done.stdout
    assert "ssh session from" in done.stdout
    untouched(site)


def test_an_ssh_client_that_is_too_old_is_not_locked_out(site: Site) -> None:
    common = site.host.ssh_args + OLD_CLIENT
    done = site.holdfast("deploy", **HARDENED, **SOON, ansible_ssh_common_args=common)
    assert done.returncode == 4, done.stdout
    assert "expected a new connection to come through the new rules" in done.stdout
    assert site.current() == 1
    untouched(site)


def test_a_firewall_that_locks_out_is_undone_by_itself(site: Site) -> None:
    """A client forwarded by the host seems local, until its connection has to be renewed."""
    host = site.host
    jump = shlex.join([*host.ssh_command()[:-1], "-W", "127.0.0.1:22", f"root@{host.address}"])
    key = host.known_hosts.read_text().split(maxsplit=1)[1]
    (site.folder / "known").write_text(f"127.0.0.1 {key}")
    done = site.holdfast(
        "deploy",
        **HARDENED,
        **SOON,
        registry_hardening_ssh_sources=["192.0.2.0/24"],
        registry_hardening_cut_others=True,
        registry_hardening_exceptions={"ssh.forwarding": "this test jumps through the host"},
        ansible_host="127.0.0.1",
        ansible_ssh_common_args=f'-o ProxyCommand="{jump}" -o BatchMode=yes -o ConnectTimeout=5'
        f" -o UserKnownHostsFile={site.folder / 'known'}",
    )
    assert done.returncode == 4, done.stdout
    assert "expected a new connection" in done.stdout
    untouched(site)
    assert host.run("ls /var/lib/holdfast/undo", check=False).returncode != 0


def test_the_profile_is_in_force_and_others_are_left_alone(hardened: Site) -> None:
    host = hardened.host
    assert "policy drop" in host.run("nft list chain inet holdfast input").stdout
    assert host.run("nft list table inet other").returncode == 0
    assert "kexalgorithms mlkem768x25519-sha256" in host.run("sshd -T").stdout
    assert "nosuid,nodev,noexec" in host.run("findmnt -no OPTIONS -T /srv/registry").stdout
    socket.create_connection((host.address, 9100), 5).close()
    host.run("systemd-run --quiet --unit late python3 -m http.server 9200 --bind 0.0.0.0")
    host.run("for i in $(seq 50); do ss -ltn | grep -q :9200 && break; sleep 0.1; done")
    with pytest.raises(TimeoutError):
        socket.create_connection((host.address, 9200), 1)


def test_services_of_the_registry_cannot_begin_connections(hardened: Site) -> None:
    """Connects to another machine as the registry's user, outside of its sandbox."""
    gateway = hardened.host.run("ip route | awk '/default/ {print $3}'").stdout.strip()
    ask = f"import socket; socket.create_connection(('{gateway}', 22), 3)"
    done = hardened.host.run(
        f'setpriv --reuid holdfast-registry --regid nogroup --clear-groups python3 -c "{ask}"',
        check=False,
    )
    assert "refused" in done.stderr.lower(), done.stderr


def test_a_second_run_changes_nothing_and_status_tells_what_cannot_be(hardened: Site) -> None:
    assert "nothing to do" in hardened.deploy()
    result = hardened.holdfast("status").stdout
    assert "profile host: data, firewall, journal, limits, ssh, umask, upgrades" in result
    assert "parameters not applicable: this host is a container" in result


def test_ssh_audit_finds_nothing_but_what_the_settings_allow(hardened: Site) -> None:
    def audit(clients: str) -> subprocess.CompletedProcess[str]:
        requested = ("verify", "--by-address", "--only", "ssh.audit")
        return hardened.holdfast(*requested, registry_hardening_ssh_clients=clients)

    done = audit("modern")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ssh       1 passed" in done.stdout
    file = "/etc/ssh/sshd_config.d/00-holdfast.conf"
    edit = f"sed -i '/^KexAlgorithms/{{}}' {file}; systemctl reload ssh"
    hardened.host.run(edit.format("s/$/,curve25519-sha256/"))
    done = audit("modern")
    assert "curve25519-sha256: warn: " in done.stdout, done.stdout
    assert audit("compatible").returncode == 0
    hardened.host.run(edit.format("s/,[^,]*$//"))


def test_whatever_is_changed_by_hand_is_seen_and_healed(hardened: Site) -> None:
    hardened.host.run(
        "nft add rule inet holdfast input tcp dport 5000 accept;"
        " rm /etc/systemd/journald.conf.d/zz-holdfast.conf;"
        " sed -i s/3/6/ /etc/ssh/sshd_config.d/00-holdfast.conf; umount -l /srv/registry"
    )
    result = hardened.holdfast("status").stdout
    assert "the firewall's table inet holdfast was changed" in result
    assert "zz-holdfast.conf is missing" in result
    assert "00-holdfast.conf was edited" in result
    assert "/srv/registry is mounted without" in result
    assert "nothing to do" not in hardened.deploy()
    assert "nothing to do" in hardened.deploy()


def test_no_parallel_push_fails_on_a_proxy_that_was_just_started(hardened: Site) -> None:
    def push(number: int) -> str:
        return hardened.client().push(f"parallel/{number}", "1", large_image())

    for _ in range(3):
        hardened.host.run("systemctl restart holdfast-proxy.service")
        with ThreadPoolExecutor(8) as pool:
            assert len(list(pool.map(push, range(8)))) == 8


def test_slow_clients_cost_a_neighbour_nothing(hardened: Site, neighbour: Host) -> None:
    """Sends half requests from this machine; the good client is another machine."""
    ask = (
        "import socket, ssl, time\n"
        "begun = time.monotonic()\n"
        f"plain = socket.create_connection(('{hardened.host.address}', 443), 20)\n"
        f"c = ssl._create_unverified_context().wrap_socket(plain, server_hostname='{NAME}')\n"
        f"c.sendall(b'GET /v2/ HTTP/1.1\\r\\nHost: {NAME}\\r\\n\\r\\n')\n"
        "print(time.monotonic() - begun, c.recv(99).split()[1])"
    )
    with ExitStack() as held:
        slow = [held.enter_context(socket.socket()) for _ in range(SLOW)]
        for one in slow:
            one.setblocking(False)
            one.connect_ex((hardened.host.address, 443))
        time.sleep(2)
        for one in slow:
            with suppress(OSError):  # those that the firewall keeps waiting
                one.send(b"\x16\x03\x01")
        result = neighbour.run(f"python3 - <<'P'\n{ask}\nP").stdout
    assert "401" in result
    assert float(result.split()[0]) < 1, result


def test_a_rollback_takes_everything_back(hardened: Site) -> None:
    done = hardened.holdfast("rollback", "--to", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    untouched(hardened)
    assert "systemd/holdfast-firewall" not in hardened.host.run("ls -l /etc/systemd/system").stdout
