"""When a host needs another certificate, and how an authority gives way to the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from holdfast.certificates import Authority, Clients, Folder, Occasion, Wanted, ca_file, wanted
from holdfast.certificates.checks import load
from holdfast.certificates.rotation import finish, rotate, take_in
from holdfast.errors import InputError
from holdfast.settings import parse
from tests.unit.test_certificates import shake

NAME = "registry.example.com"
NOW = datetime.now(UTC)
Ask = Callable[..., Wanted]


@pytest.fixture
def ask(flat: dict[str, Any], tmp_path: Path) -> Ask:
    """Ask what a host needs: `ask(present, now, renew=True, registry_tls_days=30)`."""

    def asked(present: Any = None, now: datetime = NOW, **change: Any) -> Wanted:
        names = ("create", "renew", "new_key")
        occasion = Occasion(now, **{name: change.pop(name) for name in names if name in change})
        clients = change.pop("clients", {})
        server = present.server if isinstance(present, Wanted) else present or {}
        there = {"server": server, "clients": clients}
        return wanted(parse({**flat, **change}), tmp_path, there, occasion)

    return asked


@pytest.fixture
def made(ask: Ask) -> Wanted:
    """What a fresh host gets."""
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
    assert "new authority" in (ask(made, registry_tls_ca_directory="elsewhere").reason or "")
    assert "another kind of key" in (ask(made, registry_tls_key_type="rsa").reason or "")
    assert "as asked for" in (ask(made, renew=True).reason or "")
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
    assert after.reason == "a successor that the host takes up by itself"
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
    with pytest.raises(
        InputError, match=r"may vouch for example\.com alone\. Set registry_tls_ca_"
    ):
        ask(made, registry_hostname="registry.other.org")


def test_clients_of_either_authority_trust_a_server_in_a_rotation(
    ask: Ask, made: Wanted, tmp_path: Path
) -> None:
    folder = Folder(tmp_path / "pki")
    before = (tmp_path / "pki/ca.crt").read_text()
    rotate(folder, "example.com", 3650, NOW, ("example.com",))
    renewed = ask(made, create=True)
    assert "of another authority" in (renewed.reason or "")
    key = made.keys["key.pem"].get_secret_value()
    for trusted in (before, (tmp_path / "pki/ca.crt").read_text()):
        shake(renewed.server["certificate.pem"], key, trusted, tmp_path)
    with pytest.raises(InputError, match="a rotation is under way"):
        rotate(folder, "example.com", 3650, NOW)
    finish(folder)
    ended = ask(renewed, create=True)
    assert "has another chain" in (ended.reason or "")
    assert len(load(ended.server["certificate.pem"])) == 1
    with pytest.raises(InputError, match="no rotation is under way"):
        finish(folder)


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
    shake(made.server["certificate.pem"], key, company.trust, tmp_path)
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
