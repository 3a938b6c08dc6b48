"""Keys of issuers: read, named, put as registries want them, pinned."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from holdfast.certificates import Authority
from holdfast.errors import InputError
from holdfast.jwks import Key, bundle, jwks, pins, read
from holdfast.settings import Settings, SettingsError, parse
from holdfast.settings.load import load_files

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
KEYCLOAK = {
    "kid": "7bnFpBdSFzkI1BcryPI9C3c0V9R4wMsGyQKy7PThm8Q",
    "kty": "RSA",
    "alg": "RS256",
    "use": "sig",
    "n": (
        "uqrvye1E3Qcsg-zbacod0xqvX621ncX9ekSGW5BX0XojO9bwhUsEZRY_OEy9DePtfmiFwqRcfKwsYDhXqGqi"
        "rJb9lZMtaQqrptt9Rr17LFAJMwkCxxR_IDRUgWbDZO0cZXVt4z24uxuBfcjoeroAnv84lyGP3h3xchMw34SP"
        "Y3s-Rk6iTJyTwfaQO8rfmDGf_yWTwQVSPytpuPCEKt1TOPDfuBhNJVL1XAkSc_iZmJ1JUvaj0MbH22ha-Tva"
        "YjOnh6pNp0BjtsQ58qGmk2C-7c-CnpVjm9_jsI9HJNS-VbuxedZ2DXZPz5JwqBkF0QrVLSL2qgY6dz5YsF9n"
        "4GqqpQ"
    ),
    "e": "AQAB",
}
"""A key as a Keycloak 26.7 showed it; the tokens of that one named it as below."""
NAMED = "5W44:LJAX:KILT:SCGU:C4V4:R4R5:BN3T:IV6U:PDAM:WBWJ:AKZO:Z5HB"
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()


def keys(*privates: Any) -> list[Key]:
    return [Key(private.public_key()) for private in privates]


def pem_of(private: Any) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def test_keycloak_s_key_is_known_by_the_name_in_its_tokens() -> None:
    (key,) = read(json.dumps({"keys": [KEYCLOAK, {**KEYCLOAK, "use": "enc", "kid": "other"}]}))
    assert key.libtrust == NAMED
    assert key.names == (KEYCLOAK["kid"], NAMED, key.thumbprint)
    kids = [one["kid"] for one in json.loads(jwks([key]))["keys"]]
    assert kids == list(key.names)


def test_thumbprints_are_those_of_rfc_7638() -> None:
    # The example in section 3.1 of the RFC.
    example = {
        "kty": "RSA",
        "n": (
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSo"
            "c_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65Y"
            "GjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrd"
            "kt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKn"
            "qDKgw"
        ),
        "e": "AQAB",
    }
    (key,) = read(json.dumps({"keys": [example]}))
    assert key.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_certificates_and_public_keys_are_keys_too() -> None:
    company = Authority.create("company", 30, NOW)
    found = read(company.pem + pem_of(RSA) + pem_of(RSA) + pem_of(ED))
    assert [type(key.public).__name__[:2] for key in found] == ["EC", "RS", "Ed"]
    assert found[0].certificate == company.certificate
    assert company.pem in bundle(found)


def test_a_bundle_is_the_same_each_time_and_holds_what_2_8_can_use() -> None:
    made = bundle(keys(RSA, EC, ED))
    assert made == bundle(keys(RSA, EC, ED))
    found = x509.load_pem_x509_certificates(made.encode())
    assert [one.public_key() for one in found] == [RSA.public_key(), EC.public_key()]
    assert not found[0].extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert bundle(keys(ED)) == ""


REFUSED = {
    "nothing": ("", "is neither PEM nor a JWKS"),
    "other json": ("[]", "is neither PEM nor a JWKS"),
    "deep": ("[" * 100000, "is neither PEM nor a JWKS"),
    "no keys": ('{"keys": []}', "holds no key that signs tokens"),
    "no mapping": ('{"keys": [1]}', "has a key 0 that is no mapping"),
    "a shared secret": ('{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}', "with a secret in it"),
    "a private member": (json.dumps({"keys": [{**KEYCLOAK, "d": "AQAB"}]}), "with a secret in it"),
    "for encryption": (json.dumps({"keys": [{**KEYCLOAK, "use": "enc"}]}), "holds no key"),
    "cut": (json.dumps({"keys": [{"kty": "RSA", "e": "AQAB"}]}), "has a key 0 that cannot be used"),
    "no point": (
        json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}]}),
        "has a key 0 that cannot be used",
    ),
    "one name for two": (
        json.dumps({"keys": [{**key.jwk, "kid": "same"} for key in keys(RSA, EC)]}),
        'gives two keys the same kid "same"',
    ),
    "another's fingerprint": (
        json.dumps(
            {"keys": [Key(RSA.public_key()).jwk, {**KEYCLOAK, "kid": keys(RSA)[0].libtrust}]}
        ),
        "gives two keys the same kid",
    ),
    "weak": (pem_of(rsa.generate_private_key(65537, 1024)), "an RSA key of 1024 bits"),
    "an odd curve": (pem_of(ec.generate_private_key(ec.SECP256K1())), "the curve secp256k1"),
    "a broken certificate": (
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "has a certificate that cannot be used",
    ),
    "a private key": ("-----BEGIN PRIVATE KEY-----\nAAAA\n", "holds a private key"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_trusted_is_refused_with_the_reason(what: str) -> None:
    text, reason = REFUSED[what]
    with pytest.raises(ValueError, match=reason):
        read(text)


def test_pins_are_read_as_they_were_written(tmp_path: Path) -> None:
    address = "https://issuer.example/certs"
    (key,) = read(json.dumps({"keys": [KEYCLOAK]}))
    assert pins.load(address, tmp_path) is None
    path = pins.keep(address, [key], tmp_path, NOW)
    pin = pins.load(address, tmp_path)
    assert pin is not None
    assert (pin.fetched, [one.names for one in pin.keys]) == ("2026-01-31T12:00:00Z", [key.names])
    assert read(pins.pinned(address, tmp_path))[0].names == key.names
    path.write_text(path.read_text().replace('"AQAB"', '"AQAC"'))
    with pytest.raises(InputError, match="its checksum is wrong"):
        pins.load(address, tmp_path)
    with pytest.raises(InputError, match=r"Fetch them once, .* holdfast issuer refresh"):
        pins.pinned("https://other.example/certs", tmp_path)


def settings(**more: object) -> Settings:
    return parse(
        {
            "registry_hostname": "registry.example.com",
            "registry_distribution_source": "package",
            "registry_auth_mode": "external_token",
            "registry_auth_realm": "https://keycloak.example/realms/team/protocol/docker-v2/auth",
            "registry_auth_issuer": "https://keycloak.example/realms/team",
            "registry_auth_keys": json.dumps({"keys": [KEYCLOAK]}),
            **more,
        }
    )


ED_ONLY = {"registry_auth_keys": pem_of(ED)}
WRONG = {
    "keys that are none": ({"registry_auth_keys": "{}"}, "registry_auth_keys: expected the public"),
    "a way to sign that fits none": (
        {"registry_auth_algorithms": ["ES256"]},
        "registry_auth_algorithms: expected one that fits a key of the issuer: .*, got ES256",
    ),
    "shared secrets": (
        {"registry_auth_algorithms": ["RS256", "HS256"]},
        r"registry_auth_algorithms\[1\]: expected one of RS256, .*EdDSA",
    ),
    "a key that 2.8 does not know": (
        ED_ONLY,
        "registry_auth_keys: expected an RSA or ECDSA key, for registry 2.8.3",
    ),
    "a realm without TLS": (
        {"registry_auth_realm": "http://keycloak.example/a"},
        "registry_auth_realm: expected an https address",
    ),
    "a path for nobody": (
        {"registry_auth_autoredirect_path": "/token"},
        "registry_auth_autoredirect: expected true",
    ),
    "nobody to send clients on": (
        {"registry_auth_autoredirect": True},
        "registry_auth_autoredirect: expected false, for nothing in front of the proxy",
    ),
    "users of another mode": (
        {"registry_auth_users": []},
        "registry_auth_users: given, but registry_auth_mode is external_token",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_settings_that_cannot_work_are_refused(what: str) -> None:
    more, expected = WRONG[what]
    with pytest.raises(SettingsError, match=expected):
        settings(**more)


def test_a_mapping_is_as_good_as_its_text() -> None:
    # What `lookup` of a JSON file gives depends on the version of Ansible.
    assert settings(registry_auth_keys={"keys": [KEYCLOAK]}) == settings()


def test_paths_and_addresses_are_load_files(tmp_path: Path) -> None:
    text = json.dumps({"keys": [KEYCLOAK]})
    (tmp_path / "keys.json").write_text(text)
    address = "https://keycloak.example/certs"
    pins.keep(address, read(text), tmp_path / "trust", NOW)
    for value in (text, "keys.json", str(tmp_path / "keys.json"), address):
        filled, complaints = load_files({"registry_auth_keys": value}, tmp_path)
        assert not complaints
        assert read(filled["registry_auth_keys"])[0].libtrust == NAMED
    for value, told in (("none.json", "No such file"), ("https://x.example/y", "issuer refresh")):
        filled, complaints = load_files({"registry_auth_keys": value}, tmp_path)
        assert filled == {}
        assert told in str(complaints[0])
