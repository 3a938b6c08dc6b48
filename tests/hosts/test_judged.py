"""TLS as others judge it, with a certificate that names an OCSP responder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from cryptography import x509

from holdfast.certificates import Authority, building
from testhosts import hosts, judges
from testhosts.host import Host
from tests import responder
from tests.hosts.conftest import CARE, NAME, Site

FETCH = "holdfast-certificates-fetch.service"
RESPONDER = "http://127.0.0.1:8888"
ASK = f"openssl s_client -connect 127.0.0.1:443 -servername {NAME} -status </dev/null 2>/dev/null"
MILD = {"OK", "INFO", "LOW", "WARN"}
"""WARN is what testssl.sh says of itself: that it could not look for something."""


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A registry with a company's certificate, and the company's responder beside it."""
    site, now = new_site(), datetime.now(UTC)
    root, issuing = (Authority.create(name, 365, now) for name in ("company", "issuing"))
    between = root.cross_sign(issuing.certificate, now)
    pair = responder.certificate(issuing, NAME, RESPONDER, now)
    own = site.folder / "own.pem"
    own.write_text(pair.certificate_pem + building.pem(between))
    (site.folder / "own.key").write_text(pair.key_pem)
    (site.folder / "root.pem").write_text(root.trust)
    site.host.run("install -d -m 700 /root/ca; cat > /root/ca/ca.pem", text=building.pem(between))
    site.host.run("cat > /root/ca/ca.key", text=building.private_pem(issuing.key))
    answer(site, "V")
    site.deploy(
        registry_tls_mode="own",
        registry_tls_certificate="own.pem",
        registry_tls_key="own.key",
        registry_tls_ca="root.pem",
        registry_tls_stapling=True,
    )
    return site


def answer(site: Site, status: str) -> None:
    """Let the responder say of the certificate that it is valid (V) or revoked (R)."""
    leaf = x509.load_pem_x509_certificate((site.folder / "own.pem").read_bytes())
    gone = "261101000000Z" if status == "R" else ""
    line = f"{status}\t281231000000Z\t{gone}\t{leaf.serial_number:X}\tunknown\t/CN={NAME}\n"
    site.host.run("cat > /root/ca/index.txt", text=line)
    serve = "openssl ocsp -index index.txt -port 8888 -CA ca.pem -rsigner ca.pem -rkey ca.key"
    site.host.run(
        "systemctl stop ocsp 2>/dev/null; systemd-run -q --collect --unit ocsp"
        f" -p WorkingDirectory=/root/ca {serve} -ndays 4 -ignore_err"
    )


def care(site: Site) -> str:
    """Let the host look at its certificates, as its timer does; return what it says."""
    site.host.run(f"systemctl start {FETCH}; systemctl start {CARE}", check=False)
    return site.host.run(f"journalctl -u {CARE} -u {FETCH} -o cat -n 20").stdout


def stapled(site: Site) -> str:
    """Return what a client is shown of the responder's answer."""
    return site.host.run(ASK, check=False).stdout


def test_an_answer_is_stapled(site: Site) -> None:
    said = care(site)
    assert "OCSP Response Status: successful" in stapled(site), said
    assert "Cert Status: good" in stapled(site)
    assert site.client(trust=site.folder / "root.pem").check() == 200
    assert "nothing to do" in site.deploy()
    assert "nothing to do" in care(site)


@pytest.fixture(scope="module")
def judge() -> Iterator[Host]:
    """A machine from which to look."""
    host = hosts.up(f"judge-{os.getpid()}", "debian13", "clients")
    yield host
    host.down()


@pytest.mark.parametrize("profile", ["intermediate", "modern"])
def test_judges_find_nothing_above_low(
    site: Site, judge: Host, profile: str, record_property: Callable[[str, object], None]
) -> None:
    root = site.folder / "root.pem"
    site.deploy(registry_tls_profile=profile)
    care(site)
    address = f"{site.host.address}:443"
    said = judges.sslyze(
        *("--sni", NAME, "--certinfo_ca_file", str(root), "--mozilla_config", profile, address)
    )
    assert "OK - Compliant." in said, said
    judge.run(f"grep -q {NAME} /etc/hosts || echo {site.host.address} {NAME} >> /etc/hosts")
    found = judges.testssl(judge, NAME, root)
    bad = [one["finding"] for one in found if one["severity"] not in MILD]
    assert bad == []
    (grade,) = (one["finding"] for one in found if one["id"] == "overall_grade")
    record_property("testssl.sh grade", grade)
    assert grade == "A+"


def test_a_responder_that_is_away_takes_nothing_away(site: Site) -> None:
    site.host.run("systemctl stop ocsp")
    assert RESPONDER in care(site)
    assert "Cert Status: good" in stapled(site)
    assert RESPONDER in site.holdfast("status").stdout


def test_a_revoked_certificate_is_told(site: Site) -> None:
    answer(site, "R")
    assert "the certificate is revoked" in care(site)
    assert "OCSP Response Status" not in stapled(site)
