"""A host behind a company proxy: packages and certificates come through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from holdfast.certificates import Clients, Folder
from testhosts import tinyproxy
from testhosts.machine import HarnessError
from tests.hosts.conftest import NAME, Site
from tests.skips import lacks

LOGIN = "agent:s3cr3t-word"
LIST = "lists.example.test"
"""Name of a server that no DNS knows."""


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory, bare: Site) -> Iterator[tinyproxy.Tinyproxy]:
    """A proxy on this machine, at the address that the host knows it by."""
    try:
        tinyproxy.obtain()
    except HarnessError as error:
        lacks("tinyproxy", str(error))
    gateway = f"{bare.host.address.rpartition('.')[0]}.1"
    folder, port = tmp_path_factory.mktemp("proxy"), 3128
    with tinyproxy.running(folder, port, {LIST: bare.host.address}, LOGIN, gateway) as one:
        yield one


@pytest.fixture(scope="module")
def bare(new_site: Callable[..., Site]) -> Site:
    """A host without the packages that a registry needs."""
    return new_site(flavour="bare")


def test_a_restore_installs_its_program_through_the_proxy(
    bare: Site, proxy: tinyproxy.Tinyproxy
) -> None:
    bare.host.run("mkdir -p /mnt/none")
    done = bare.holdfast(
        "restore",
        registry_outbound_proxy=proxy.url,
        registry_backup_target="/mnt/none",
        registry_backup_password="pass phrase of a repository",
    )
    assert done.returncode not in {0, 2}, done.stdout
    assert "/restic/" in proxy.log.read_text()
    assert "s3cr3t" not in done.stdout + done.stderr
    bare.host.run("restic version")
    assert bare.host.run("ls /run/holdfast-apt.conf", check=False).returncode != 0


def test_packages_come_through_the_proxy(bare: Site, proxy: tinyproxy.Tinyproxy) -> None:
    told = bare.deploy("-v", registry_outbound_proxy=proxy.url)
    assert "/nginx/nginx" in proxy.log.read_text()
    assert "s3cr3t" not in told
    logs = (bare.folder / "rendered").rglob("*.log")
    assert not any("s3cr3t" in path.read_text() for path in logs)
    assert bare.host.run("ls /run/holdfast-apt.conf", check=False).returncode != 0
    assert "nothing to do" in bare.deploy()


def test_a_list_is_fetched_through_the_proxy(
    bare: Site, proxy: tinyproxy.Tinyproxy, tmp_path: Path
) -> None:
    clients = Clients(Folder(tmp_path / "clients"))
    clients.issue(NAME, "robot", 30, datetime.now(UTC))
    texts = {name: (tmp_path / "clients" / name).read_text() for name in ("ca.crt", "crl.pem")}
    bare.host.run("mkdir -p /srv/crl; cat > /srv/crl/list.crl", text=texts["crl.pem"])
    serve = "systemd-run -q --unit crl -p WorkingDirectory=/srv/crl"
    bare.host.run(f"{serve} python3 -m http.server 8999")
    address = f"http://{LIST}:8999/list.crl"
    bare.deploy(
        registry_mtls_verify="optional",
        registry_mtls_ca=texts["ca.crt"],
        registry_mtls_crl=texts["crl.pem"],
        registry_mtls_crl_url=address,
    )
    assert LIST not in bare.care().stdout
    assert proxy.saw(f"GET {address}")
    assert "s3cr3t" not in bare.host.run("systemctl show -p Environment '*holdfast*'").stdout
    mode = "stat -Lc %a-%U /etc/holdfast/current/agent/outbound.env"
    assert bare.host.run(mode).stdout.strip() == "400-root"
