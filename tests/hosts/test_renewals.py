"""Renewals and rotations under load, by a deploy and by the host; and failing renewals."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from holdfast.certificates import Folder
from tests.hosts.conftest import NAME, Site
from tests.hosts.traffic import load

NEXT = "/etc/holdfast/tls/current/next-certificate.pem"


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host with a registry."""
    made = new_site()
    made.deploy()
    return made


def leave_successor(site: Site, hostname: str = NAME) -> str:
    """Put a successor on the host that is due now, as a deploy of two months ago would have."""
    authority = Folder(site.folder / "pki").open()
    key = site.shown().public_key()
    assert authority is not None
    assert isinstance(key, ec.EllipticCurvePublicKey)
    text = authority.certify(hostname, key, 90, datetime.now(UTC))
    site.host.run(f"cat > {NEXT}", text=text)
    return text


def test_no_request_fails_in_renewals_and_rotations(site: Site, tmp_path: Path) -> None:
    trust = tmp_path / "ca.crt"
    shutil.copy(site.folder / "pki/ca.crt", trust)
    serials = {site.shown().serial_number}
    with load(lambda: site.client(trust=trust), visitors=2) as counts:
        for _ in range(3):
            done = site.holdfast("certificate", "renew")
            assert done.returncode == 0, done.stdout + done.stderr
            serials.add(site.shown().serial_number)
        assert site.holdfast("certificate", "rotate-ca").returncode == 0
        site.deploy()
        # The clients still know the old authority alone, and `shown` the new one alone.
        serials.add(site.shown().serial_number)
        shutil.copy(site.folder / "pki/ca.crt", trust)
        assert site.holdfast("certificate", "rotate-ca", "--finish").returncode == 0
        site.deploy()
        serials.add(site.shown().serial_number)
    assert counts.failures == [], counts
    print(counts)
    assert len(serials) == 6
    assert counts.visits > 50
    assert counts.pulls > 20
    assert counts.pushes > 5
    assert "nothing to do" in site.deploy()


def test_a_clone_without_the_authority_changes_nothing(site: Site) -> None:
    serial, generation = site.shown().serial_number, site.current()
    kept = site.folder / "kept"
    (site.folder / "pki").rename(kept)
    done = site.holdfast("deploy")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "Run: holdfast deploy --new-authority" in done.stdout + done.stderr
    assert site.holdfast("deploy", "--check").returncode == 4
    assert not (site.folder / "pki").exists()
    assert (site.shown(kept / "ca.crt").serial_number, site.current()) == (serial, generation)
    site.deploy("--new-authority")
    assert site.client().check() == 200
    shutil.rmtree(site.folder / "pki")
    kept.rename(site.folder / "pki")
    site.deploy("--new-authority")
    assert site.client().check() == 200
    # The public half is in version control, the key in a vault.
    key = (site.folder / "pki/ca.key").read_text()
    (site.folder / "pki/ca.key").rename(site.folder / "elsewhere.key")
    done = site.holdfast("deploy")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "registry_tls_ca_key" in done.stdout + done.stderr
    done = site.holdfast("certificate", "renew", registry_tls_ca_key=key)
    assert done.returncode == 0, done.stdout + done.stderr
    (site.folder / "elsewhere.key").rename(site.folder / "pki/ca.key")


def test_a_new_domain_needs_a_rotation_and_nothing_else(new_site: Callable[..., Site]) -> None:
    site, name = new_site(), "registry.holdfast.example"
    site.deploy()
    done = site.holdfast("deploy", registry_hostname=name)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "registry_tls_ca_domains" in done.stdout + done.stderr
    domains = {"registry_tls_ca_domains": ["holdfast.test", "holdfast.example"]}
    done = site.holdfast("certificate", "rotate-ca", registry_hostname=name, **domains)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "install it on them first" in done.stdout
    site.deploy(registry_hostname=name, **domains)


def test_the_host_takes_up_the_successor_and_no_connection_is_closed(site: Site) -> None:
    leave_successor(site)
    before, client = site.shown().serial_number, site.client()
    assert client.check() == 200
    held = client._connection._open  # the connection itself: it has to be the same afterwards
    said = site.care().stdout
    assert "a certificate for 90 days" in said
    assert site.shown().serial_number != before
    assert client.check() == 200
    assert client._connection._open is held
    assert "renewed by the next deploy" in site.holdfast("status").stdout
    assert "a successor that the host activates" in site.deploy()
    assert "its successor is on the host" in site.holdfast("status").stdout


def test_a_successor_that_cannot_serve_is_left_alone(site: Site) -> None:
    leave_successor(site, "other.holdfast.test")
    before = site.shown().serial_number
    said = site.care().stdout
    assert f"the certificate cannot serve {NAME}: Hostname mismatch" in said
    assert said.endswith("failed\n")
    assert site.shown().serial_number == before
    status = site.holdfast("status")
    assert status.returncode == 6
    assert "Hostname mismatch" in status.stdout
    # The next deploy sees that the successor is no good, and leaves another one.
    site.deploy()
    assert "nothing to do" in site.care().stdout
    assert site.holdfast("status").returncode == 0


def test_a_full_disk_leaves_the_old_pair(site: Site) -> None:
    before = site.shown().serial_number
    tls = "/etc/holdfast/tls"
    site.host.run(
        f"cp -a {tls} /root/tls; mount -t tmpfs -o size=64k,mode=0750 tmpfs {tls};"
        f" cp -a /root/tls/. {tls}/; chgrp holdfast-proxy {tls};"
        f" dd if=/dev/zero of={tls}/full bs=1k 2>/dev/null; df {tls} | grep -q 100%"
    )
    done = site.holdfast("certificate", "renew")
    assert done.returncode == 5, done.stdout + done.stderr
    assert "No space left" in done.stdout
    assert site.shown().serial_number == before
    assert site.client().check() == 200
    site.host.run(f"umount {tls}")
    assert site.holdfast("certificate", "renew").returncode == 0
    assert site.shown().serial_number != before


def test_a_threshold_gives_an_exit_code(site: Site) -> None:
    assert site.holdfast("certificate", "show", "--warn-days", "80").returncode == 0
    done = site.holdfast("certificate", "show", "--warn-days", "100")
    assert done.returncode == 6
    assert "the minimum is 100" in done.stdout
    figures = site.host.run("cat /var/lib/holdfast/metrics/holdfast.prom").stdout
    assert 'not_after_timestamp_seconds{file="certificate.pem"} ' in figures
