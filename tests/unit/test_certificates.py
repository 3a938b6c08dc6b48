"""Certificates: the authority, the checks, and when a new one is due."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from holdfast.certificates import Authority, ca_file, wanted
from holdfast.certificates.checks import examine
from holdfast.errors import InputError
from holdfast.settings import parse

NAME = "registry.example.com"
NOW = datetime.now(UTC)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.open_or_create(tmp_path / "pki", "example", 365, NOW)


def test_the_key_is_ones_own_and_is_kept(authority: Authority, tmp_path: Path) -> None:
    key = tmp_path / "pki" / "ca.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert Authority.open_or_create(tmp_path / "pki", "example", 365, NOW).pem == authority.pem
    key.chmod(0o644)
    with pytest.raises(InputError, match=r"expected to be yours alone\. Run: chmod 600"):
        Authority.open(tmp_path / "pki")


@pytest.mark.usefixtures("authority")
def test_a_half_or_foreign_authority_is_refused(tmp_path: Path) -> None:
    other = Authority.open_or_create(tmp_path / "other", "other", 365, NOW)
    (tmp_path / "pki/ca.crt").write_text(other.pem)
    with pytest.raises(InputError, match="does not belong to"):
        Authority.open(tmp_path / "pki")
    (tmp_path / "pki/ca.crt").unlink()
    with pytest.raises(InputError, match=r"expected ca\.crt and ca\.key"):
        Authority.open(tmp_path / "pki")
    assert Authority.open(tmp_path / "none") is None
    assert not (tmp_path / "none").exists()


def test_an_expired_authority_is_refused(tmp_path: Path) -> None:
    Authority.open_or_create(tmp_path / "pki", "example", 30, NOW - timedelta(days=60))
    with pytest.raises(InputError, match="the authority expired on"):
        Authority.open_or_create(tmp_path / "pki", "example", 30, NOW)


def test_many_at_once_make_one_authority(tmp_path: Path) -> None:
    made: list[str] = []

    def work() -> None:
        made.append(Authority.open_or_create(tmp_path / "pki", "example", 30, NOW).pem)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1


def test_a_strict_client_accepts_what_is_issued(authority: Authority, tmp_path: Path) -> None:
    pair = authority.issue(NAME, 90, NOW)
    (tmp_path / "pair.pem").write_text(pair.certificate_pem + pair.key_pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "pair.pem")
    client = ssl.create_default_context(cadata=authority.pem)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=lambda: server.wrap_socket(theirs, server_side=True).close())
    thread.start()
    with client.wrap_socket(ours, server_hostname=NAME) as connection:
        assert connection.version() == "TLSv1.3"
    thread.join()


def test_what_is_wrong_with_a_certificate(authority: Authority, tmp_path: Path) -> None:
    pair = authority.issue(NAME, 90, NOW)
    other = Authority.open_or_create(tmp_path / "other", "other", 365, NOW)
    good = examine(pair.certificate_pem, NAME, NOW, pair.key_pem, authority.pem)
    assert good == []

    def told(**change: Any) -> str:
        given = {"hostname": NAME, "now": NOW, "key_pem": pair.key_pem, "ca_pem": authority.pem}
        return " | ".join(examine(pair.certificate_pem, **{**given, **change}))

    assert "covers registry.example.com, not www.example.com" in told(hostname="www.example.com")
    assert "expired on" in told(now=NOW + timedelta(days=91))
    assert "valid only from" in told(now=NOW - timedelta(days=2))
    assert "does not belong to the certificate" in told(key_pem=other.issue(NAME, 9, NOW).key_pem)
    assert "expected a private key as PEM" in told(key_pem="nonsense")
    assert "ca: did not sign the chain" in told(ca_pem=other.pem)
    swapped = authority.pem + pair.certificate_pem
    assert "which did not sign it" in " ".join(examine(swapped, NAME, NOW, pair.key_pem))


def test_wildcards_cover_one_label(authority: Authority) -> None:
    pair = authority.issue("*.example.com", 90, NOW)
    assert examine(pair.certificate_pem, NAME, NOW, pair.key_pem) == []
    assert examine(pair.certificate_pem, "a.b.example.com", NOW, pair.key_pem) != []


def test_names_are_compared_without_case(authority: Authority) -> None:
    pair = authority.issue(NAME.upper(), 90, NOW)
    assert examine(pair.certificate_pem, NAME, NOW, pair.key_pem) == []


def test_when_a_new_certificate_is_due(flat: dict[str, Any], tmp_path: Path) -> None:
    settings = parse(flat)

    def reason(present: str | None, now: datetime = NOW, **change: Any) -> str | None:
        own = parse({**flat, **change})
        return wanted(own, tmp_path, present, now, create=False).reason

    assert "the first one" in (reason(None) or "")
    assert not (tmp_path / "pki").exists()
    made = wanted(settings, tmp_path, None, NOW, create=True)
    present = made.certificate or ""
    assert made.key is not None
    assert "PRIVATE" not in repr(made)
    assert reason(present) is None
    assert "29 are left" in (reason(present, NOW + timedelta(days=60, hours=20)) or "")
    assert "cannot be read" in (reason("damaged") or "")
    assert "another name" in (reason(present, registry_hostname="other.example.com") or "")
    assert "new authority" in (reason(present, registry_tls_ca_directory="elsewhere") or "")
    assert ca_file(settings, tmp_path) == tmp_path / "pki" / "ca.crt"


def test_an_own_certificate(flat: dict[str, Any], authority: Authority, tmp_path: Path) -> None:
    pair = authority.issue(NAME, 90, NOW)
    (tmp_path / "own.pem").write_text(pair.certificate_pem)
    own = {
        **flat,
        "registry_tls_mode": "own",
        "registry_tls_certificate": "own.pem",
        "registry_tls_key": pair.key_pem,
    }
    found = wanted(parse(own), tmp_path, None, NOW, create=True)
    assert found.certificate == pair.certificate_pem
    assert wanted(parse(own), tmp_path, pair.certificate_pem, NOW, create=True).reason is None
    missing = {**own, "registry_tls_certificate": "nowhere.pem"}
    with pytest.raises(InputError, match="registry_tls_certificate: expected PEM text"):
        wanted(parse(missing), tmp_path, None, NOW, create=True)
