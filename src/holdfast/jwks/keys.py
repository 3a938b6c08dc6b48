"""Public keys of an issuer, from a JWKS or certificates, and the key ids that tokens use for them.

A token names its signing key by `kid`, which the issuer chooses freely. The `kid` in Keycloak's
tokens for a registry differs from the one in its JWKS. So each key is registered under all ids that
known issuers use for it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import InvalidKeyError, PyJWTError

PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

LEAST_RSA_BITS = 2048
BEGIN = "-----BEGIN "
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_MEMBERS = ("kty", "crv", "x", "y", "n", "e")
"""Members of a JWK that form the public key."""
_PRIVATE = ("d", "p", "q", "k")
"""Members of a JWK that form the private key."""


@dataclass(frozen=True)
class Key:
    """One public key."""

    public: PublicKey
    given: str | None = None
    """Key id (`kid`) in the JWKS that contained the key."""
    certificate: x509.Certificate | None = None
    """Certificate that contained the key."""

    @cached_property
    def spki(self) -> bytes:
        """The key as a DER SubjectPublicKeyInfo."""
        return self.public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @cached_property
    def jwk(self) -> dict[str, str]:
        """The members of a JWK that form the public key, and no others."""
        if isinstance(self.public, RSAPublicKey):
            made = RSAAlgorithm.to_jwk(self.public)
        elif isinstance(self.public, EllipticCurvePublicKey):
            made = ECAlgorithm.to_jwk(self.public)
        else:
            made = OKPAlgorithm.to_jwk(self.public)
        found: dict[str, Any] = json.loads(made)
        return {name: found[name] for name in _MEMBERS if name in found}

    @property
    def libtrust(self) -> str:
        """Key id of Keycloak, GitLab and registry 2.8: the fingerprint of libtrust."""
        text = base64.b32encode(hashlib.sha256(self.spki).digest()[:30]).decode()
        return ":".join(text[start : start + 4] for start in range(0, len(text), 4))

    @property
    def thumbprint(self) -> str:
        """Key id by RFC 7638, which registry 3.x assigns to the key of a certificate."""
        text = json.dumps(self.jwk, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    @property
    def names(self) -> tuple[str, ...]:
        """All key ids (`kid`) that a token may use for the key, without duplicates."""
        return tuple(dict.fromkeys(filter(None, (self.given, self.libtrust, self.thumbprint))))

    @property
    def algorithms(self) -> tuple[str, ...]:
        """JOSE names of the signature algorithms that the key supports."""
        if isinstance(self.public, RSAPublicKey):
            return ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
        if isinstance(self.public, EllipticCurvePublicKey):
            return (_CURVES[self.public.curve.name],)
        return ("EdDSA",)


def read(text: str) -> tuple[Key, ...]:
    """Return the keys of a JWKS, of PEM certificates or of PEM public keys, without duplicates.

    Raises ValueError with a message for the user if the text is neither, contains a private key, or
    has no key that can sign tokens.
    """
    found = list(_from_pem(text) if BEGIN in text else _from_jwks(text))
    if not found:
        raise ValueError("holds no key that signs tokens")
    owners: dict[str, bytes] = {}
    for key in found:
        _strong(key)
        for name in key.names:
            if owners.setdefault(name, key.spki) != key.spki:
                raise ValueError(f'gives two keys the same kid "{name}"')
    return tuple({key.spki: key for key in reversed(found)}.values())[::-1]


def _strong(key: Key) -> None:
    if isinstance(key.public, RSAPublicKey) and key.public.key_size < LEAST_RSA_BITS:
        raise ValueError(f"holds an RSA key of {key.public.key_size} bits, too weak to be trusted")


def _from_pem(text: str) -> Iterator[Key]:
    for block in text.split(BEGIN)[1:]:
        label, pem = block.partition("-----")[0], (BEGIN + block).encode()
        if "PRIVATE" in label:
            raise ValueError("holds a private key, which is the issuer's alone")
        try:
            if label == "CERTIFICATE":
                certificate = x509.load_pem_x509_certificate(pem)
                yield Key(_known(certificate.public_key()), certificate=certificate)
            else:
                yield Key(_known(serialization.load_pem_public_key(pem)))
        except ValueError as error:
            raise ValueError(f"has a {label.lower()} that cannot be used: {error}") from error


def _from_jwks(text: str) -> Iterator[Key]:
    try:
        decoded = json.loads(text)
        listed = decoded["keys"]
        if not isinstance(listed, list):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError('is neither PEM nor a JWKS ({"keys": [...]})') from error
    for number, one in enumerate(listed):
        if not isinstance(one, dict):
            raise ValueError(f"has a key {number} that is no mapping")
        if one.get("kty") == "oct" or any(name in one for name in _PRIVATE):
            raise ValueError(f"has a key {number} with a secret in it, which is the issuer's alone")
        if one.get("use", "sig") == "sig" and one.get("kty") in ("RSA", "EC", "OKP"):
            yield from _signing(one, number)


def _signing(one: dict[str, Any], number: int) -> Iterator[Key]:
    kid = one.get("kid")
    members: dict[str, Any] = {name: one[name] for name in _MEMBERS if name in one}
    if members.get("crv") in ("secp256k1", "X25519", "X448", "Ed448"):
        return  # no registry takes them
    try:
        public = _known(PyJWK.from_dict(members).key)
    except (PyJWTError, InvalidKeyError, ValueError, TypeError) as error:
        raise ValueError(f"has a key {number} that cannot be used: {error}") from error
    yield Key(public, kid if isinstance(kid, str) and kid else None)


def _known(key: object) -> PublicKey:
    if isinstance(key, EllipticCurvePublicKey) and key.curve.name not in _CURVES:
        raise ValueError(f"the curve {key.curve.name}")
    if not isinstance(key, PublicKey):
        raise ValueError(f"a key of the kind {type(key).__name__}")
    return key
