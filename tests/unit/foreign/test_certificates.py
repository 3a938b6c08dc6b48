"""Renewals, lists of revoked clients and OCSP answers, which a user with few rights fetched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.certificates import (
    crl,
    maintenance,
    ocsp,
    renewal,
)
from ansible_collections.holdfast.registry.plugins.module_utils.certificates import (
    store as certificate_store,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    nginx,
    paths,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import (
    StepError,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.foreign.attacker import ODD, SECRET, given


@pytest.fixture
def acme(secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Path]:
    """A plan of renewals by ACME, and the folder in which the attacker writes."""
    assert secret.exists()
    live = tmp_path / "acme/live/r.example.com-ecdsa"
    live.mkdir(parents=True)
    given(tmp_path / "acme")
    monkeypatch.setattr(paths, "ETC", str(tmp_path / "etc"))
    plan: Any = {
        "acme": {"path": str(tmp_path / "acme"), "kinds": [["", "ecdsa"]], "server": "x"},
        "hostname": "r.example.com",
        "host_paths": None,
        "successors": False,
        "origin": "acme",
    }
    return plan, live


@pytest.mark.parametrize("kind", ODD)
def test_a_renewal_reads_what_is_its_own_users_alone(
    kind: str, acme: tuple[Any, Path], secret: Path
) -> None:
    plan, live = acme
    ODD[kind](live / "fullchain.pem", secret)
    with pytest.raises(StepError, match="expected a") as caught:
        renewal.candidate(plan)
    assert SECRET not in str(caught.value)


def test_a_renewal_follows_the_links_of_its_own_client(acme: tuple[Any, Path]) -> None:
    plan, live = acme
    for name in ("fullchain", "privkey"):
        kept = live.parent / f"{name}1.pem"
        kept.write_text(name)
        given(kept)
        (live / f"{name}.pem").symlink_to(f"../{name}1.pem")
    found = renewal.candidate(plan)
    assert found == (
        {"origin": "acme", "certificate.pem": "fullchain"},
        {"key.pem": "privkey"},
    )


@pytest.mark.usefixtures("acme")
def test_what_is_refused_is_not_left_to_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(certificate_store, "GROUP", "root")
    with pytest.raises((StepError, OSError, ValueError)):
        certificate_store.stage({"certificate.pem": "no"}, {"key.pem": "no"}, ["r.example.com"])
    assert [path.name for path in Path(certificate_store.directory()).iterdir()] == []


@pytest.mark.parametrize("kind", ODD)
def test_what_was_fetched_is_a_file(
    kind: str, secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "STATE", str(tmp_path))
    monkeypatch.setattr(crl, "FETCHED", str(tmp_path / "fetch/crl"))
    monkeypatch.setattr(crl, "OWN", str(tmp_path / "crl"))
    monkeypatch.setattr(paths, "ETC", str(tmp_path / "etc"))
    (tmp_path / "fetch").mkdir()
    for name in ("crl", "result.json"):
        ODD[kind](tmp_path / "fetch" / name, secret)
    plan: Any = {"acme": None, "crl_url": "http://x", "staple": False}
    with pytest.raises(OSError, match="expected a file"):
        crl.apply(plan)
    with pytest.raises(OSError, match="expected a file"):
        maintenance._fetched(plan)


@pytest.mark.parametrize("kind", ODD)
def test_an_ocsp_answer_is_a_file(
    kind: str, secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "ETC", str(tmp_path / "etc"))
    monkeypatch.setattr(ocsp, "FETCHED", str(tmp_path / "fetch/ocsp.der"))
    monkeypatch.setattr(ocsp, "OWN", str(tmp_path / "ocsp.der"))
    (tmp_path / "fetch").mkdir()
    ODD[kind](tmp_path / "fetch/ocsp.der", secret)
    given(tmp_path / "fetch")
    given(tmp_path / "fetch/ocsp.der")
    shown = tmp_path / "etc/tls/current"
    shown.mkdir(parents=True)
    for name in certificate_store.STAPLE:
        (shown / name).write_text("of yesterday")
    # The proxy is another process, which this machine does not run.
    reloads = list[int]()
    monkeypatch.setattr(nginx, "reload", lambda: reloads.append(len(list(shown.iterdir()))))
    plan: Any = {"acme": None, "crl_url": None, "staple": True}
    with pytest.raises(OSError, match="expected a file") as caught:
        ocsp.apply(plan)
    assert SECRET not in str(caught.value)
    assert not (tmp_path / "ocsp.der").exists()
    # The proxy must not go on with an answer that nobody renews.
    assert reloads == [0]


def test_an_ocsp_answer_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocsp, "FETCHED", str(tmp_path / "fetched"))
    monkeypatch.setattr(ocsp, "OWN", str(tmp_path / "own"))
    (tmp_path / "fetched").write_bytes(bytes(ocsp.LARGEST + 1))
    with pytest.raises(OSError, match="expected at most"):
        ocsp._copy()
    (tmp_path / "fetched").unlink()
    (tmp_path / "own").write_bytes(b"of yesterday")
    ocsp._copy()
    assert not (tmp_path / "own").exists()


def test_an_older_list_of_revoked_clients_does_not_replace_a_newer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = _lists(tmp_path)
    monkeypatch.setattr(crl, "FETCHED", str(tmp_path / "fetched"))
    monkeypatch.setattr(crl, "OWN", str(tmp_path / "own"))
    (tmp_path / "crl.pem").write_text(lists["newer"])
    (tmp_path / "fetched").write_text(lists["older"])
    with pytest.raises(StepError, match="is older than the one in use"):
        crl._pem(str(tmp_path / "ca.pem"))
    (tmp_path / "crl.pem").write_text(lists["older"])
    (tmp_path / "fetched").write_text(lists["newer"])
    assert crl._pem(str(tmp_path / "ca.pem")).split() == lists["newer"].split()


def _lists(folder: Path) -> dict[str, str]:
    """Make an authority, in ca.pem, and two lists that it signed an hour apart."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(certificate.public_bytes(pem))
    made = {}
    for which, hours in (("older", 2), ("newer", 1)):
        builder = x509.CertificateRevocationListBuilder(
            name, now - timedelta(hours=hours), now + timedelta(days=5)
        )
        made[which] = builder.sign(key, hashes.SHA256()).public_bytes(pem).decode()
    return made
