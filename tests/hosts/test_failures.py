"""Failures: refused before anything changes, or the old generation continues to serve."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from testhosts import hosts
from tests.hosts.conftest import Site

STORE = "ls /etc/holdfast/generations; readlink /etc/holdfast/current; ls -l /etc/holdfast/tls"


@pytest.fixture(scope="module")
def fresh(new_site: Callable[..., Site]) -> Site:
    """A host on which nothing was deployed."""
    return new_site()


@pytest.fixture(scope="module")
def bare(new_site: Callable[..., Site]) -> Site:
    """A host without the packages that a registry needs."""
    return new_site(flavour="bare")


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host with a registry."""
    made = new_site()
    made.deploy()
    return made


def test_preflight_tells_everything_at_once_and_touches_nothing(fresh: Site) -> None:
    listen = "import socket,time; s=socket.create_server(('',443)); time.sleep(600)"
    unit = "systemd-run --unit squatter python3 -c"
    fresh.host.run(f'{unit} "{listen}"')
    fresh.host.run("while ! ss -Hltn | grep -q :443; do sleep 0.1; done")
    done = fresh.holdfast(
        "deploy", registry_platform="debian12", registry_storage_minimum_free_percent=90
    )
    assert done.returncode == 4, done.stdout + done.stderr
    assert "registry_platform: expected debian12, found debian13" in done.stdout
    assert "port 443: expected to be free, python3 listens on it" in done.stdout
    assert "/srv/registry: expected 90 % free" in done.stdout
    assert "ls: cannot" in fresh.host.run("ls /etc/holdfast 2>&1", check=False).stdout
    fresh.host.run("systemctl stop squatter")


def test_wrong_settings_reach_no_host(fresh: Site) -> None:
    done = fresh.holdfast("deploy", registry_proxy_port="443x", registry_tls_key="x")
    assert done.returncode == 2
    assert "registry_proxy_port: expected a port from 1 to 65535" in done.stdout
    assert "registry_tls_key: given, but registry_tls_mode is private_ca" in done.stdout


def test_a_host_that_cannot_be_reached(fresh: Site) -> None:
    nobody = f"{fresh.host.address.rpartition('.')[0]}.{hosts.LAST_ADDRESS + 1}"
    done = fresh.holdfast("deploy", ansible_host=nobody)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "unreachable" in done.stdout
    assert "nothing answers there" in done.stderr


def test_a_host_that_is_not_known_and_a_user_who_is_not(fresh: Site) -> None:
    # A connection that is kept from the deploys before would be used without a look at the key.
    unknown = "-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o ControlPath=none"
    done = fresh.holdfast("deploy", ansible_ssh_common_args=unknown, ansible_ssh_extra_args=None)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "its host key is not known here" in done.stderr
    assert "Run: ssh " in done.stderr
    done = fresh.holdfast("deploy", ansible_user="nobody-here")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "ssh does not let nobody-here@" in done.stderr


def test_a_user_without_rights(fresh: Site) -> None:
    fresh.host.run("id admin || useradd -m -s /bin/bash admin; cp -r /root/.ssh /home/admin/")
    fresh.host.run("chown -R admin: /home/admin/.ssh")
    done = fresh.holdfast("deploy", ansible_user="admin")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "sudo wants a password. Run the same command with -K" in done.stderr


def test_a_wrong_checksum_stages_nothing(fresh: Site) -> None:
    done = fresh.holdfast("deploy", registry_distribution_checksum="sha256:" + "0" * 64)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "expected sha256:0000" in done.stdout
    assert "ls: cannot" in fresh.host.run("ls /etc/holdfast 2>&1", check=False).stdout


def test_a_download_that_is_refused_installs_no_package(bare: Site) -> None:
    done = bare.holdfast(
        "deploy",
        registry_distribution_source="url",
        registry_distribution_path=None,
        registry_distribution_url="http://127.0.0.1:9/registry.tar.gz",
        registry_distribution_checksum="sha256:" + "1" * 64,
    )
    assert done.returncode == 4, done.stdout + done.stderr
    assert "cannot be downloaded" in done.stdout
    assert "Changed before that" not in done.stdout
    units = "ls /usr/sbin/nginx /etc/systemd/system/nginx.service 2>&1"
    assert bare.host.run(units, check=False).stdout.count("cannot access") == 2


def test_a_program_that_is_no_registry(fresh: Site, tmp_path: Path) -> None:
    (tmp_path / "registry").write_text("#!/bin/sh\nexit 0\n")
    checksum = hashlib.sha256((tmp_path / "registry").read_bytes()).hexdigest()
    done = fresh.holdfast(
        "deploy",
        registry_distribution_path=str(tmp_path / "registry"),
        registry_distribution_checksum=f"sha256:{checksum}",
    )
    assert done.returncode == 4, done.stdout + done.stderr
    assert "expected an ELF program" in done.stdout


def test_apt_that_fails_leaves_nothing(bare: Site) -> None:
    bare.host.run("rm -rf /etc/apt/sources.list* /var/lib/apt/lists/*")
    done = bare.holdfast("deploy")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "install packages with apt" in done.stdout.lower()
    kept = "Changed before that, and kept: install: keep the packages' own services from starting"
    assert kept in done.stdout
    assert "ls: cannot" in bare.host.run("ls /etc/holdfast 2>&1", check=False).stdout


def test_one_host_that_is_refused_keeps_all_as_they_are(site: Site) -> None:
    site.deploy()
    before = site.host.run(STORE).stdout
    site.write(registry_log_level="debug")
    group = yaml.safe_load((site.folder / "hosts.yml").read_text())
    own = group["registry"]["hosts"]["r1"]
    # The second name is the same machine: nothing but its gate is to reach it.
    group["registry"]["hosts"]["r2"] = {**own, "registry_platform": "debian12"}
    (site.folder / "two.yml").write_text(yaml.safe_dump(group))
    argv = [sys.executable, "-m", "holdfast", "deploy", "-i", str(site.folder / "two.yml")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "registry_platform: expected debian12, found debian13" in done.stdout
    assert "r1  preflight     ok" in done.stdout
    assert site.host.run(STORE).stdout == before


DROP_IN = "/etc/systemd/system/{unit}.d"
SABOTAGE: dict[str, tuple[str, str, dict[str, object]]] = {
    "a registry that does not start": (
        "mkdir -p D; printf '[Service]\\nExecStartPre=/bin/false\\n' > D/x.conf".replace(
            "D", DROP_IN.format(unit="holdfast-registry@.service")
        ),
        "does not start",
        {"registry_log_level": "error"},
    ),
    "a configuration that nginx refuses": (
        "printf '#!/bin/sh\\necho emerg: sabotage >&2; exit 1\\n' > /usr/local/sbin/nginx;"
        " chmod 755 /usr/local/sbin/nginx",
        "nginx refuses",
        {"registry_log_level": "error"},
    ),
    "a storage that takes nothing": (
        "mkdir -p D; printf '[Service]\\nReadOnlyPaths=+/srv/registry\\n' > D/x.conf".replace(
            "D", DROP_IN.format(unit="holdfast-registry@.service")
        ),
        "cannot store",
        {"registry_log_level": "error"},
    ),
    "a proxy that does not reload": (
        "mkdir -p D; printf '[Service]\\nExecReload=\\nExecReload=/bin/false\\n' > D/x.conf;"
        " systemctl daemon-reload".replace("D", DROP_IN.format(unit="holdfast-proxy.service")),
        "systemctl reload",
        {"registry_proxy_timeout_seconds": 800},
    ),
    "a smoke test that fails": (
        # As nginx -t runs, the staged logins are taken from the proxy, which then answers 403.
        "cat > /usr/local/sbin/setpriv <<'X'\n#!/bin/sh\nchmod 0 /etc/holdfast/generations/*/"
        'logins/htpasswd\nexec /usr/bin/setpriv "$@"\nX\nchmod 755 /usr/local/sbin/setpriv',
        "smoke test",
        {"registry_auth_realm": "Another"},
    ),
}
UNDO = (
    "rm -rf /etc/systemd/system/holdfast-*.d /usr/local/sbin/*; systemctl daemon-reload;"
    " chmod 0440 /etc/holdfast/generations/*/logins/htpasswd"
)


@pytest.mark.parametrize("what", SABOTAGE)
def test_the_old_generation_goes_on_serving(site: Site, what: str) -> None:
    sabotage, expected, change = SABOTAGE[what]
    site.deploy()
    serving = site.current()
    site.host.run(sabotage)
    done = site.holdfast("deploy", **change)
    site.host.run(UNDO)
    assert done.returncode == 5, done.stdout + done.stderr
    assert expected in done.stdout, done.stdout
    assert "The previous generation keeps serving" in done.stdout
    assert site.current() == serving
    assert site.client().check() == 200
    assert "failed" in site.holdfast("generations").stdout
    left = f"systemctl list-units --failed --plain --no-legend 'holdfast-*@{serving + 1}*'"
    assert site.host.run(left).stdout == ""
    # A proxy that could not be reloaded on the way back is reloaded by the next deploy.
    site.deploy()
    assert "nothing to do" in site.deploy()
