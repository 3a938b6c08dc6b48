"""Keys that follow each other: which one signs, which ones are trusted, and for how long."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from holdfast.issuer import keys, keyset

ORDER: dict[str, Any] = {"signing": None, "trusted": [], "token_seconds": 300, "change": None}


def signing(folder: Path) -> str:
    return keys.thumbprint(keys.private((folder / "signing.pem").read_text()).public_key())


def trusted(folder: Path) -> set[str]:
    """Return the ids of 3.x that a folder trusts; the bundle for 2.8 has the same keys."""
    listed = json.loads((folder / "trust/jwks.json").read_text())["keys"]
    found = x509.load_pem_x509_certificates((folder / "trust/bundle.pem").read_bytes())
    public = [one.public_key() for one in found]
    assert {key["kid"] for key in listed} == {
        form(key)  # type: ignore[arg-type]
        for key in public
        for form in (keys.thumbprint, keys.fingerprint)
    }
    return {keys.thumbprint(key) for key in public}  # type: ignore[arg-type]


def steps(root: Path, *changes: tuple[str | None, float]) -> list[Path]:
    """Write one folder after the other, each with a change at a time."""
    folders: list[Path] = []
    for number, (change, now) in enumerate(changes):
        folder = root / str(number)
        before = folders[-1] if folders else None
        keyset.write(folder, before, {**ORDER, "change": change}, now)
        folders.append(folder)
    return folders


def test_a_deploy_takes_the_keys_along(tmp_path: Path) -> None:
    one, two = steps(tmp_path, (None, 0), (None, 1))
    for name in ("signing.pem", "refresh.key", "keys.json", "trust/jwks.json"):
        assert (one / name).read_text() == (two / name).read_text()
    assert trusted(one) == {signing(one)}
    assert oct((one / "signing.pem").stat().st_mode)[-3:] == "600"


def test_a_rotation_trusts_the_old_key_until_its_tokens_have_ended(tmp_path: Path) -> None:
    old, rotated, within, after = steps(
        tmp_path, (None, 0), ("rotate", 100), (None, 459), (None, 460)
    )
    assert signing(rotated) == signing(within) == signing(after) != signing(old)
    assert trusted(rotated) == trusted(within) == {signing(old), signing(rotated)}
    assert trusted(after) == {signing(rotated)}
    assert (old / "refresh.key").read_text() == (after / "refresh.key").read_text()


def test_two_rotations_in_a_row_lose_no_token(tmp_path: Path) -> None:
    one, two, three = steps(tmp_path, (None, 0), ("rotate", 10), ("rotate", 20))
    assert trusted(three) == {signing(one), signing(two), signing(three)}


def test_a_finish_trusts_one_key_and_a_revocation_ends_logins_too(tmp_path: Path) -> None:
    _, rotated, finished, revoked = steps(
        tmp_path, (None, 0), ("rotate", 10), ("finish", 20), ("revoke", 30)
    )
    assert trusted(finished) == {signing(finished)} == {signing(rotated)}
    assert trusted(revoked) == {signing(revoked)} != {signing(finished)}
    assert (revoked / "refresh.key").read_text() != (finished / "refresh.key").read_text()


@pytest.mark.parametrize("lost", ["signing.pem", "refresh.key", "keys.json", "all"])
def test_what_was_lost_is_made_anew(tmp_path: Path, lost: str) -> None:
    (old,) = steps(tmp_path, (None, 0))
    for name in [lost] if lost != "all" else ["signing.pem", "refresh.key", "keys.json"]:
        (old / name).unlink()
    done = keyset.write(tmp_path / "new", old, ORDER, 10)
    assert (tmp_path / "new/refresh.key").read_text()
    assert signing(tmp_path / "new") in trusted(tmp_path / "new")
    if lost == "signing.pem":
        assert done == {"made": True, "trusted": 2}, "tokens of the lost key stay good"


def test_keys_of_the_inventory_are_taken_as_they_are(tmp_path: Path) -> None:
    one, two = keys.make(), keys.make()
    order = {**ORDER, "signing": keys.private_pem(one)}
    keyset.write(tmp_path / "1", None, {**order, "trusted": [keys.public_pem(two.public_key())]}, 0)
    first, second = keys.thumbprint(one.public_key()), keys.thumbprint(two.public_key())
    assert (signing(tmp_path / "1"), trusted(tmp_path / "1")) == (first, {first, second})
    keyset.write(tmp_path / "2", tmp_path / "1", {**order, "signing": keys.private_pem(two)}, 1)
    assert trusted(tmp_path / "2") == {second}
    keyset.write(tmp_path / "3", None, order, 0)
    same = [(tmp_path / name / "refresh.key").read_text() for name in "13"]
    assert same[0] == same[1], "two hosts with the same key continue each other's logins"


def test_a_rollback_keeps_the_keys_of_the_host(tmp_path: Path) -> None:
    then, now = keys.make(), keys.make()
    order = {**ORDER, "signing": keys.private_pem(now)}
    keyset.write(tmp_path / "1", None, order, 0)
    back = {**order, "signing": keys.private_pem(then), "change": "keep"}
    keyset.write(tmp_path / "2", tmp_path / "1", back, 1)
    assert trusted(tmp_path / "2") == {keys.thumbprint(now.public_key())}
    assert (tmp_path / "2/kept").exists()
    same = [(tmp_path / name / "refresh.key").read_text() for name in "12"]
    assert same[0] == same[1]
    keyset.write(tmp_path / "3", tmp_path / "2", {**order, "change": "keep"}, 2)
    assert not (tmp_path / "3/kept").exists(), "it is the generation's own key"
    keyset.write(tmp_path / "4", None, back, 3)
    assert signing(tmp_path / "4") == keys.thumbprint(then.public_key()), "there is no other"


def test_ids_are_those_of_the_standards() -> None:
    """Worked out by hand once: RFC 7638 over the JWK, libtrust over the SubjectPublicKeyInfo."""
    pem = (
        "-----BEGIN PUBLIC KEY-----\n"
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMKBCTNIcKUSDii11ySs3526iDZ8A\n"
        "iTo7Tu6KPAqv7D7gS2XpJFbZiItSs3m9+9Ue6GnvHw/GW2ZZaVtszggXIw==\n"
        "-----END PUBLIC KEY-----\n"
    )
    key = keys.public(pem)
    jwk = json.loads(keys.jwks([key]))["keys"][0]
    # The key of RFC 7517, appendix A.1.
    assert jwk["x"] == "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"
    assert jwk["y"] == "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
    assert keys.thumbprint(key) == "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"
    assert len(keys.fingerprint(key).split(":")) == 12
