"""Conditions for a new certificate, and the replacement of an authority."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from holdfast.certificates import Authority, Clients, Folder, Occasion, Wanted, ca_file, wanted
from holdfast.certificates.checks import load
from holdfast.certificates.rotation import finish, rotate, take_in
from holdfast.errors import InputError, RefusedError
from holdfast.settings import parse
from holdfast.settings.sections.tls import PrivateCA
from tests.unit.test_certificates import shake

NAME = "registry.example.com"
NOW = datetime.now(UTC)
Ask = Callable[..., Wanted]
TLS = PrivateCA(mode="private_ca")


@pytest.fixture
def ask(flat: dict[str, Any], tmp_path: Path) -> Ask:
    """Return the certificates that a host needs: `ask(present, now, renew=True, ...)`."""

    def asked(present: Any = None, now: datetime = NOW, **change: Any) -> Wanted:
        names = ("create", "renew", "new_key", "new_authority")
        occasion = Occasion(now, **{name: change.pop(name) for name in names if name in change})
        clients = change.pop("clients", {})
        server = present.server if isinstance(present, Wanted) else present or {}
        there = {"server": server, "clients": clients}
        return wanted(parse({**flat, **change}), tmp_path, there, occasion)

    return asked


@pytest.fixture
def made(ask: Ask) -> Wanted:
    """Certificates of a fresh host."""
    return ask(create=True)


def key_of(text: str) -> Any:
    """Return the public key of a certificate."""
    return load(text)[0].public_key()


def test_a_check_makes_nothing(ask: Ask, tmp_path: Path) -> None:
    assert "the first one" in (ask().reason or "")
    assert not (tmp_path / "pki").exists()


def test_what_is_due(ask: Ask, made: Wanted, tmp_path: Path, flat: dict[str, Any]) -> None:
    assert ask(made).reason is None
    assert "PRIVATE" not in repr(made)
    late = NOW + timedelta(days=60, hours=20)
    damaged = {**made.server, "certificate.pem": "damaged"}
    assert "29 are left" in (ask(made, late).reason or "")
    assert "cannot be read" in (ask(damaged).reason or "")
    assert "another name" in (ask(made, registry_hostname="other.example.com").reason or "")
    moved = ask(made, new_authority=True, registry_tls_ca_directory="elsewhere")
    assert "new authority" in (moved.reason or "")
    assert "another kind of key" in (ask(made, registry_tls_key_type="rsa").reason or "")
    assert "as requested" in (ask(made, renew=True).reason or "")
    assert ca_file(parse(flat), tmp_path) == tmp_path / "pki" / "ca.crt"


def test_a_renewal_keeps_the_key_unless_a_new_one_is_asked_for(ask: Ask, made: Wanted) -> None:
    text = made.server["certificate.pem"]
    again = ask(made, create=True, renew=True)
    assert again.keys == {}
    assert again.server["certificate.pem"] != text
    assert key_of(again.server["certificate.pem"]) == key_of(text)
    other = ask(made, create=True, renew=True, new_key=True)
    assert set(other.keys) == {"key.pem"}
    assert key_of(other.server["certificate.pem"]) != key_of(text)


def test_a_key_of_another_origin_is_not_kept(ask: Ask, made: Wanted) -> None:
    brought = {**made.server, "origin": "own"}
    assert set(ask(brought, create=True).keys) == {"key.pem"}


def test_the_successor_begins_when_the_present_one_is_due(ask: Ask, made: Wanted) -> None:
    (first,), (following,) = (
        load(made.server[name]) for name in ("certificate.pem", "next-certificate.pem")
    )
    due = first.not_valid_after_utc - timedelta(days=30)
    assert abs(following.not_valid_before_utc - due) < timedelta(minutes=6)
    assert following.public_key() == first.public_key()
    # The host takes it up by itself; the next deploy leaves another one, and no new certificate.
    taken = {"certificate.pem": made.server["next-certificate.pem"], "origin": "private_ca"}
    after = ask(taken, due + timedelta(days=1), create=True)
    assert after.reason == "a successor that the host activates by itself"
    assert after.server["certificate.pem"] == taken["certificate.pem"]
    without = ask(create=True, registry_tls_successor=False)
    assert set(without.server) == {"certificate.pem", "origin"}
    assert "as the settings say" in (ask(made, registry_tls_successor=False).reason or "")


def test_two_kinds_of_keys(ask: Ask) -> None:
    made = ask(create=True, registry_tls_key_type="both", registry_tls_successor=False)
    assert set(made.keys) == {"key.pem", "rsa-key.pem"}
    assert ask(made, registry_tls_key_type="both", registry_tls_successor=False).reason is None


def test_a_name_that_the_authority_may_not_vouch_for(ask: Ask, made: Wanted) -> None:
    assert made.reason
    with pytest.raises(InputError, match=r"is limited to example\.com\. Set registry_tls_ca_"):
        ask(made, registry_hostname="registry.other.org")


def test_clients_of_either_authority_trust_a_server_in_a_rotation(
    ask: Ask, made: Wanted, tmp_path: Path
) -> None:
    folder = Folder(tmp_path / "pki")
    before = (tmp_path / "pki/ca.crt").read_text()
    assert rotate(folder, [NAME], TLS, NOW) == []
    renewed = ask(made, create=True)
    assert "of another authority" in (renewed.reason or "")
    key = made.keys["key.pem"].get_secret_value()
    for trusted in (before, (tmp_path / "pki/ca.crt").read_text()):
        shake(renewed.server["certificate.pem"], key, trusted, tmp_path)
    with pytest.raises(InputError, match="a rotation is under way"):
        rotate(folder, [NAME], TLS, NOW)
    finish(folder)
    ended = ask(renewed, create=True)
    assert "has another chain" in (ended.reason or "")
    assert len(load(ended.server["certificate.pem"])) == 1
    with pytest.raises(InputError, match="no rotation is under way"):
        finish(folder)


def test_a_new_domain_is_served_in_a_rotation(ask: Ask, made: Wanted, tmp_path: Path) -> None:
    other, folder = "registry.other.org", Folder(tmp_path / "pki")
    with pytest.raises(InputError, match=r"without registry\.other\.org\. Add them"):
        rotate(folder, [NAME, other], TLS, NOW)
    wide = PrivateCA(mode="private_ca", ca_domains=("example.com", "other.org"))
    assert rotate(folder, [NAME, other], wide, NOW) == [other]
    moved = ask(made, create=True, registry_hostname=other)
    key = made.keys["key.pem"].get_secret_value()
    # The host proves a chain up to its own end: the old authority at its end would forbid the name.
    assert len(load(moved.server["certificate.pem"])) == 1
    trusted = (tmp_path / "pki/ca.crt").read_text()
    shake(moved.server["certificate.pem"], key, trusted, tmp_path, other)
    same = ask(made, create=True)
    assert len(load(same.server["certificate.pem"])) == 2


def test_a_clone_without_the_authority_makes_no_other_one(
    ask: Ask, made: Wanted, tmp_path: Path
) -> None:
    (tmp_path / "pki").rename(tmp_path / "elsewhere")
    for create in (False, True):
        with pytest.raises(RefusedError) as caught:
            ask(made, create=create)
        text = str(caught.value)
        assert f"{tmp_path}/pki: expected the authority that issued the certificate of" in text
        assert "found none" in text
        assert "registry_tls_ca_key" in text
        assert "Run: holdfast deploy --new-authority" in text
    assert not (tmp_path / "pki").exists()
    # A host without a certificate, or with one of another origin, breaks nobody.
    assert ask(create=True).reason
    with pytest.raises(RefusedError, match=r'found "example\.com authority'):
        ask(made, create=True)
    assert "of another authority" in (ask(made, create=True, new_authority=True).reason or "")


def test_an_authority_held_before_is_known(ask: Ask, made: Wanted, tmp_path: Path) -> None:
    for _ in range(2):
        rotate(Folder(tmp_path / "pki"), [NAME], TLS, NOW)
        finish(Folder(tmp_path / "pki"))
    assert "of another authority" in (ask(made, create=True).reason or "")


def test_the_authority_s_key_comes_from_a_vault(ask: Ask, made: Wanted, tmp_path: Path) -> None:
    key = tmp_path / "pki/ca.key"
    text = key.read_text()
    key.unlink()
    with pytest.raises(RefusedError, match=r"ca\.key: expected the key .* registry_tls_ca_key"):
        ask(made)
    given = {"registry_tls_ca_key": text}
    assert ask(made, **given).reason is None
    assert ask(made, create=True, renew=True, **given).server["certificate.pem"]
    other = Authority.create("a", 30, NOW).issue(NAME, 9, NOW).key_pem
    with pytest.raises(InputError, match="registry_tls_ca_key: does not belong to"):
        ask(made, registry_tls_ca_key=other)
    (tmp_path / "pki/ca.crt").unlink()
    with pytest.raises(InputError, match=r"ca\.crt: expected the certificate of registry_tls_ca_k"):
        ask(made, **given)


def test_keys_stay_out_of_version_control(made: Wanted, tmp_path: Path) -> None:
    assert made.reason
    run = partial(subprocess.run, cwd=tmp_path, check=True, capture_output=True, text=True)
    run(["git", "init", "-q"])
    run(["git", "add", "-A"])
    assert "pki/ca.crt" in (listed := run(["git", "ls-files"]).stdout)
    assert ".key" not in listed


def test_a_clone_without_the_clients_authority(ask: Ask, made: Wanted, tmp_path: Path) -> None:
    mtls = {"registry_mtls_verify": "require"}
    first = ask(made, create=True, **mtls)
    (tmp_path / "pki/clients").rename(tmp_path / "elsewhere")
    with pytest.raises(RefusedError, match=r"whose client certificates registry\.example\.com acc"):
        ask(made, create=True, clients=first.clients, **mtls)
    assert not (tmp_path / "pki/clients").exists()
    given = {"ca.pem": Authority.create("company", 30, NOW).pem, "crl.pem": ""}
    assert ask(made, create=True, clients=given, **mtls).clients["ca.pem"]


def test_an_authority_that_exists_is_taken_in(tmp_path: Path, ask: Ask) -> None:
    company = Authority.create("company", 3650, NOW)
    between = Authority.create("between", 365, NOW)
    below = company.cross_sign(between.certificate, NOW)
    chain, folder = (
        Authority(below, between.key, (company.certificate,)),
        Folder(tmp_path / "given"),
    )
    with folder.locked():
        folder.write(chain)
    pki = Folder(tmp_path / "pki")
    take_in(pki, folder.path / "ca.crt", folder.path / "ca.key", None, NOW)
    made = ask(create=True)
    key = made.keys["key.pem"].get_secret_value()
    shake(made.server["certificate.pem"], key, company.root_pem, tmp_path)
    with pytest.raises(InputError, match="has an authority already"):
        take_in(pki, folder.path / "ca.crt", folder.path / "ca.key", None, NOW)


def test_a_certificate_that_is_no_authority(tmp_path: Path) -> None:
    pair = Authority.create("a", 30, NOW).issue(NAME, 9, NOW)
    (tmp_path / "c").write_text(pair.certificate_pem)
    (tmp_path / "k").write_text(pair.key_pem)
    (tmp_path / "k").chmod(0o600)
    with pytest.raises(InputError, match="may not sign others"):
        take_in(Folder(tmp_path / "pki"), tmp_path / "c", tmp_path / "k", None, NOW)
    assert not (tmp_path / "pki/ca.key").exists()


def test_certificates_of_clients(ask: Ask, made: Wanted, tmp_path: Path) -> None:
    asked = {"registry_mtls_verify": "require"}
    first = ask(made, create=True, **asked)
    assert set(first.clients) == {"ca.pem", "crl.pem"}
    assert ask(made, clients=first.clients, **asked).reason is None
    clients = Clients(Folder(tmp_path / "pki/clients"))
    pair = clients.issue(NAME, "ci", 30, NOW)
    assert load(pair.certificate_pem)[0].subject.rfc4514_string() == "CN=ci"
    with pytest.raises(InputError, match="expected a client without a certificate"):
        clients.issue(NAME, "ci", 30, NOW)
    clients.revoke(NAME, "ci", NOW)
    assert "revocation list" in (ask(made, clients=first.clients, **asked).reason or "")
    with pytest.raises(InputError, match="known are: nobody"):
        clients.revoke(NAME, "ci", NOW)


def test_a_host_that_gets_its_certificate_itself(ask: Ask, made: Wanted) -> None:
    acme = {"registry_tls_mode": "acme", "registry_tls_accept_terms": True}
    switched = ask(made, create=True, **acme)
    assert switched.obtain
    assert switched.server == {}
    origin = "acme https://acme-v02.api.letsencrypt.org/directory ecdsa"
    assert origin.removeprefix("acme ") in (switched.reason or "")
    assert ask({**made.server, "origin": origin}, **acme).reason is None
    assert ask({**made.server, "origin": origin}, renew=True, **acme).obtain
