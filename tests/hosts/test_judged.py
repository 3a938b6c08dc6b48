"""Results of TLS scanners, with a certificate that names an OCSP responder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from holdfast.certificates import Authority, building
from holdfast.settings import parse
from holdfast.settings.load import load_files
from holdfast.verification import Target, run
from holdfast.verification.controls import chosen
from testhosts import hosts, scanners
from testhosts.host import Host
from tests import responder, trials
from tests.hosts.conftest import MAINTENANCE, NAME, Site
from tests.sabotage.sabotage import NGINX

FETCH = "holdfast-certificates-fetch.service"
RESPONDER = "http://127.0.0.1:8888"
ASK = f"openssl s_client -connect 127.0.0.1:443 -servername {NAME} -status </dev/null 2>/dev/null"
MILD = {"OK", "INFO", "LOW", "WARN"}
"""Accepted severities; WARN means that testssl.sh could not run a check."""


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
    (site.folder / "root.pem").write_text(root.pem)
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
    """Make the responder answer that the certificate is valid (V) or revoked (R)."""
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
    """Run the host's certificate maintenance, as its timer does; return its output."""
    # It starts what fetches by itself, before.
    site.host.run(f"systemctl start {MAINTENANCE}", check=False)
    return site.host.run(f"journalctl -u {MAINTENANCE} -u {FETCH} -o cat -n 20").stdout


def stapled(site: Site) -> str:
    """Return the stapled answer that a client sees."""
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
    """Machine that runs the scanners."""
    host = hosts.up(f"judge-{os.getpid()}", "debian13", "clients")
    yield host
    host.down()


@pytest.mark.parametrize("profile", trials.some(["intermediate", "modern"], ["intermediate"]))
def test_judges_find_nothing_above_low(
    site: Site, judge: Host, profile: str, record_property: Callable[[str, object], None]
) -> None:
    root = site.folder / "root.pem"
    site.deploy(registry_tls_profile=profile)
    care(site)
    address = f"{site.host.address}:443"
    said = scanners.sslyze(
        *("--sni", NAME, "--certinfo_ca_file", str(root), "--mozilla_config", profile, address)
    )
    assert "OK - Compliant." in said, said
    judge.run(f"grep -q {NAME} /etc/hosts || echo {site.host.address} {NAME} >> /etc/hosts")
    found = scanners.testssl(judge, NAME, root)
    bad = [one["finding"] for one in found if one["severity"] not in MILD]
    assert bad == []
    (grade,) = (one["finding"] for one in found if one["id"] == "overall_grade")
    record_property("testssl.sh grade", grade)
    assert grade == "A+"


WEAK = (
    "s/ssl_protocols .*;/ssl_protocols TLSv1 TLSv1.1 TLSv1.2;/; s/ssl_ciphers /ssl_ciphers"
    " NULL-SHA256:ECDHE-ECDSA-NULL-SHA:AES128-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0:/"
)
"""Edit of the proxy that offers old versions, and ciphers that encrypt nothing."""
RED = {
    "tls.testssl": "cipherlist_NULL",
    "tls.sslyze": "FAILED - Not compliant",
}
"""Controls that see it, and what they say."""


@pytest.mark.parametrize("control", trials.some(RED, ["tls.sslyze"]))
def test_a_judge_of_a_verification_sees_what_is_weak(
    site: Site, judge: Host, control: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.deploy(registry_tls_profile="intermediate")
    scanners.copy_testssl(judge, tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:{scanners.sslyze_folder()}:{os.environ['PATH']}")
    own = {name: value for name, value in site.variables.items() if value is not None}
    settings = parse(load_files(own, site.folder)[0])
    target = Target("r1", settings, None, site.host.address, site.folder / "root.pem")
    site.host.run(f"sed -i '{WEAK}' {NGINX} && systemctl reload holdfast-proxy")
    try:
        found = run([target], controls=chosen(only=[control]))
    finally:
        site.deploy()
    said = {one.check: one.text for one in found.failures}
    assert said.keys() == {control}, found.outcomes
    assert RED[control] in said[control]


def test_a_responder_that_is_away_takes_nothing_away(site: Site) -> None:
    site.host.run("systemctl stop ocsp")
    assert RESPONDER in care(site)
    assert "Cert Status: good" in stapled(site)
    assert RESPONDER in site.holdfast("status").stdout


def test_a_revoked_certificate_is_told(site: Site) -> None:
    answer(site, "R")
    assert "the certificate is revoked" in care(site)
    assert "OCSP Response Status" not in stapled(site)
