"""Certificates: the authority, the checks, and when a new one is due."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from holdfast.certificates import Authority, Folder, Occasion, building, wanted
from holdfast.certificates.authority import beyond
from holdfast.certificates.checks import examine, load
from holdfast.errors import InputError
from holdfast.settings import parse
from tests import responder

NAME = "registry.example.com"
NOW = datetime.now(UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "pki")


@pytest.fixture
def authority(folder: Folder) -> Authority:
    return folder.open_or_create("example.com", 365, NOW, ("example.com",))


def test_the_key_is_ones_own_and_is_kept(authority: Authority, folder: Folder) -> None:
    key = folder.path / "ca.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert folder.open_or_create("example", 365, NOW).pem == authority.pem
    key.chmod(0o644)
    with pytest.raises(InputError, match=r"expected to be yours alone\. Run: chmod 600"):
        folder.open()


def test_a_key_with_a_passphrase(tmp_path: Path) -> None:
    locked = Folder(tmp_path / "pki", "open sesame")
    made = locked.open_or_create("example.com", 30, NOW)
    assert "ENCRYPTED" in (tmp_path / "pki/ca.key").read_text()
    found = Folder(tmp_path / "pki", "open sesame").open()
    assert found is not None
    assert found.pem == made.pem
    with pytest.raises(InputError, match=r"got one with a passphrase\. Give the passphrase"):
        Folder(tmp_path / "pki").open()
    with pytest.raises(InputError, match="of the given passphrase, and cannot read it"):
        Folder(tmp_path / "pki", "wrong").open()


@pytest.mark.usefixtures("authority")
def test_a_half_or_foreign_authority_is_refused(folder: Folder, tmp_path: Path) -> None:
    other = Folder(tmp_path / "other").open_or_create("other", 365, NOW)
    (folder.path / "ca.crt").write_text(other.pem)
    with pytest.raises(InputError, match="does not belong to"):
        folder.open()
    (folder.path / "ca.crt").unlink()
    with pytest.raises(InputError, match=r"ca\.crt: expected the certificate of"):
        folder.open()
    assert Folder(tmp_path / "none").open() is None
    assert not (tmp_path / "none").exists()


def test_an_expired_authority_is_refused(folder: Folder) -> None:
    with folder.locked():
        folder.write(Authority.create("example", 30, NOW - timedelta(days=60)))
    with pytest.raises(InputError, match="the authority expired on"):
        folder.open_or_create("example", 30, NOW)


def test_many_at_once_make_one_authority(folder: Folder) -> None:
    made: list[str] = []

    def work() -> None:
        made.append(folder.open_or_create("example", 30, NOW).pem)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1


def shake(certificate: str, key: str, trusted: str, folder: Path, name: str = NAME) -> None:
    """Connect as a strict client does; ssl.SSLError when it refuses."""
    (folder / "pair.pem").write_text(certificate + key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "pair.pem")
    client = ssl.create_default_context(cadata=trusted)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    ours, theirs = socket.socketpair()

    def answer() -> None:
        try:
            server.wrap_socket(theirs, server_side=True).close()
        except OSError:
            theirs.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        with client.wrap_socket(ours, server_hostname=name) as connection:
            assert connection.version() == "TLSv1.3"
    finally:
        ours.close()
        thread.join()


def test_a_strict_client_accepts_what_is_issued(authority: Authority, tmp_path: Path) -> None:
    pair = authority.issue(NAME, 90, NOW)
    shake(pair.certificate_pem, pair.key_pem, authority.root_pem, tmp_path)


def test_an_authority_vouches_for_its_domains_alone(tmp_path: Path) -> None:
    narrow = Authority.create("other.example", 30, NOW, ("other.example",))
    assert beyond(narrow.domains, [NAME, "a.other.example"]) == [NAME]
    pair = narrow.issue(NAME, 9, NOW)
    with pytest.raises(ssl.SSLError, match="permitted subtree violation"):
        shake(pair.certificate_pem, pair.key_pem, narrow.root_pem, tmp_path)


def test_wildcards_cover_one_label(authority: Authority) -> None:
    pair = authority.issue("*.example.com", 90, NOW)
    assert examine(pair.certificate_pem, [NAME], NOW, authority.root_pem) == []
    assert examine(pair.certificate_pem, ["a.b.example.com"], NOW, authority.root_pem) != []


def test_names_are_compared_without_case(authority: Authority) -> None:
    pair = authority.issue(NAME.upper(), 90, NOW)
    assert examine(pair.certificate_pem, [NAME], NOW, authority.root_pem) == []


def own(flat: dict[str, Any], folder: Path, certificate: str, key: str, **more: Any) -> list[str]:
    """Return the complaint about a given certificate; empty if it is accepted."""
    brought = {"certificate": certificate, "key": key, **more}
    settings = parse(
        {**flat, "registry_tls_mode": "own", **{f"registry_tls_{k}": v for k, v in brought.items()}}
    )
    try:
        wanted(settings, folder, {}, Occasion(NOW, create=True))
    except InputError as error:
        return list(error.lines)
    return []


@pytest.fixture
def brought(authority: Authority) -> dict[str, str]:
    """Certificates and keys of all kinds by name."""
    good, other = authority.issue(NAME, 90, NOW), Authority.create("other", 365, NOW)
    old, early = (authority.issue(NAME, 9, NOW + timedelta(days=days)) for days in (-10, 5))
    elsewhere, small = authority.issue("www.example.com", 9, NOW), _small(authority)
    chained = Authority(
        other.certificate, other.key, cross=authority.cross_sign(other.certificate, NOW)
    )
    leaf, above = (building.pem(one) for one in load(chained.issue(NAME, 9, NOW).certificate_pem))
    return {
        "good": good.certificate_pem,
        "key": good.key_pem,
        "other key": other.issue(NAME, 9, NOW).key_pem,
        "locked key": building.private_pem(building.new_key(), "open sesame"),
        "old": old.certificate_pem,
        "early": early.certificate_pem,
        "elsewhere": elsewhere.certificate_pem,
        "small": small,
        "swapped": above + leaf,
        "incomplete": leaf,
        "ca": authority.root_pem,
    }


def _small(authority: Authority) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    return authority.certify(NAME, key.public_key(), 9, NOW)


CLOCK = rf"and this machine's clock says {NOW:%Y-%m-%d}"
REFUSED = [
    ("elsewhere", "key", "certificate: covers www.example.com, not registry.example.com. Give a"),
    ("good", "other key", "key: does not belong to the certificate. Give the key it was made with"),
    (
        "good",
        "locked key",
        "key: expected a private key that fits, got one with a passphrase. Give the",
    ),
    ("good", "ca", "key: expected a private key as PEM, and cannot read it"),
    ("old", "key", f"certificate: CN={NAME} expired on"),
    ("old", "key", CLOCK),
    ("early", "key", f"certificate: CN={NAME} is valid only from"),
    ("early", "key", CLOCK),
    ("small", "key", f"certificate: CN={NAME}: expected an RSA key of 2048 bits or more, got 1024"),
    ("swapped", "key", "which did not sign it. Order the file: server certificate first"),
    ("incomplete", "key", "ca: did not sign the chain. Give the root of this certificate, or"),
    ("key", "key", "certificate: expected PEM certificates, got"),
]


@pytest.mark.parametrize("refused", REFUSED, ids=lambda one: f"{one[0]}-{one[2][:30]}")
def test_a_certificate_that_is_refused(
    flat: dict[str, Any],
    tmp_path: Path,
    brought: dict[str, str],
    refused: tuple[str, str, str],
) -> None:
    certificate, key, expected = refused
    said = own(flat, tmp_path, brought[certificate], brought[key], ca=brought["ca"])
    assert any(expected in line for line in said), said
    assert all(line.startswith("registry_tls_") for line in said)
    assert "PRIVATE KEY" not in " ".join(said)


def test_stapling_needs_a_responder_and_who_signed(
    flat: dict[str, Any], authority: Authority, tmp_path: Path, brought: dict[str, str]
) -> None:
    more = {"ca": brought["ca"], "stapling": True}
    assert own(flat, tmp_path, brought["good"], brought["key"], **more) == [
        "registry_tls_stapling: the certificate names no OCSP responder. Set it to false"
    ]
    pair = responder.certificate(authority, NAME, "http://ocsp.example.com", NOW)
    assert own(flat, tmp_path, pair.certificate_pem, pair.key_pem, **more) == [
        "registry_tls_stapling: expected the certificate that signed the first one in"
        " registry_tls_certificate, which OCSP requests need. Add it"
    ]
    whole = pair.certificate_pem + brought["ca"]
    assert own(flat, tmp_path, whole, pair.key_pem, **more) == []


def test_a_root_that_nobody_here_knows(
    flat: dict[str, Any], tmp_path: Path, brought: dict[str, str]
) -> None:
    said = own(flat, tmp_path, brought["good"], brought["key"])
    assert "which this machine does not know. Append the intermediates" in said[0]
    assert own(flat, tmp_path, brought["good"], brought["key"], ca=brought["ca"]) == []


def test_a_sha1_signature_is_refused(brought: dict[str, str]) -> None:
    # Made by OpenSSL: cryptography does not sign with SHA-1 any more.
    text = (Path(__file__).parent / "data" / "sha1.pem").read_text()
    said = examine(text, [NAME], NOW, brought["ca"])
    assert any("expected a signature with SHA-256 or better, got sha1" in line for line in said)


def test_two_kinds_at_once(
    flat: dict[str, Any], authority: Authority, tmp_path: Path, brought: dict[str, str]
) -> None:
    key = building.new_key("rsa")
    second = authority.issue(NAME, 90, NOW, key)
    more = {"ca": brought["ca"], "rsa_certificate": second.certificate_pem}
    taken = own(flat, tmp_path, brought["good"], brought["key"], **more, rsa_key=second.key_pem)
    assert taken == []
    more["rsa_certificate"] = brought["good"]
    said = own(flat, tmp_path, brought["good"], brought["key"], **more, rsa_key=brought["key"])
    assert "expected an ECDSA certificate and an RSA one beside it, got ecdsa and ecdsa" in said[0]


def test_an_own_certificate(flat: dict[str, Any], tmp_path: Path, brought: dict[str, str]) -> None:
    (tmp_path / "own.pem").write_text(brought["good"])
    values = {"certificate": "own.pem", "key": brought["key"], "ca": brought["ca"]}
    settings = {**flat, "registry_tls_mode": "own"}
    settings.update({f"registry_tls_{key}": value for key, value in values.items()})
    found = wanted(parse(settings), tmp_path, {}, Occasion(NOW, create=True))
    assert found.server == {"certificate.pem": brought["good"], "origin": "own"}
    assert "PRIVATE" not in repr(found)
    present = {"server": found.server}
    assert wanted(parse(settings), tmp_path, present, Occasion(NOW)).reason is None
    settings["registry_tls_certificate"] = "nowhere.pem"
    with pytest.raises(
        InputError, match=r"registry_tls_certificate: expected PEM text or the path"
    ):
        wanted(parse(settings), tmp_path, {}, Occasion(NOW))
