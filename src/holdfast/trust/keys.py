"""Public keys of an issuer, from a JWKS or from certificates, and the names that tokens give them.

A token names the key that signed it by `kid`, a text that the issuer chooses. What Keycloak writes
into the tokens for a registry is not what its own JWKS says, so a key is known here by every name
that issuers are known to give it.
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
"""Members of a JWK that make the key."""
_PRIVATE = ("d", "p", "q", "k")
"""Members of a JWK that are nobody's but the issuer's."""


@dataclass(frozen=True)
class Key:
    """One public key."""

    public: PublicKey
    given: str | None = None
    """Its `kid` in the JWKS that it came from."""
    certificate: x509.Certificate | None = None
    """The certificate that it came from."""

    @cached_property
    def spki(self) -> bytes:
        """The key as a DER SubjectPublicKeyInfo."""
        return self.public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @cached_property
    def jwk(self) -> dict[str, str]:
        """The members of a JWK that make the key, and no others."""
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
        """The name that Keycloak, GitLab and registry 2.8 give it: libtrust's fingerprint."""
        text = base64.b32encode(hashlib.sha256(self.spki).digest()[:30]).decode()
        return ":".join(text[start : start + 4] for start in range(0, len(text), 4))

    @property
    def thumbprint(self) -> str:
        """The name of RFC 7638, which registry 3.x gives to the key of a certificate."""
        text = json.dumps(self.jwk, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    @property
    def names(self) -> tuple[str, ...]:
        """Every `kid` by which a token may name it, each once."""
        return tuple(dict.fromkeys(filter(None, (self.given, self.libtrust, self.thumbprint))))

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The signing algorithms that fit it, by their names in JOSE."""
        if isinstance(self.public, RSAPublicKey):
            return ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
        if isinstance(self.public, EllipticCurvePublicKey):
            return (_CURVES[self.public.curve.name],)
        return ("EdDSA",)


def read(text: str) -> tuple[Key, ...]:
    """Return the keys of a JWKS, of PEM certificates or of PEM public keys, each once.

    Raises ValueError, with a sentence for a person, when it is neither, when it holds what is not
    public, or when there is no key in it that can sign tokens.
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
        told = json.loads(text)
        listed = told["keys"]
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
