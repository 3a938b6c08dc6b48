"""Signing keys: generate and parse them, compute their ids, and write the trusted ones."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey as Private
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey as Public
from cryptography.x509.oid import NameOID


class KeyFault(ValueError):  # noqa: N818 -- the text is for a person, after the name of a setting
    """A key that cannot be used for signing or trust."""


def make() -> Private:
    """Generate a new key."""
    return generate_private_key(SECP256R1())


def private(pem: str) -> Private:
    """Parse a private key from PEM. Raises KeyFault."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError) as error:
        raise KeyFault("it is no private key in PEM, or it has a passphrase") from error
    if not isinstance(key, Private) or key.curve.name != "secp256r1":
        raise KeyFault("it is not of P-256")
    return key


def public(pem: str) -> Public:
    """Parse a public key from PEM. Raises KeyFault."""
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, TypeError) as error:
        raise KeyFault("it is no public key in PEM") from error
    if not isinstance(key, Public) or key.curve.name != "secp256r1":
        raise KeyFault("it is not of P-256")
    return key


def private_pem(key: Private) -> str:
    """Return a private key as PEM."""
    form = serialization.PrivateFormat.PKCS8
    encoding, none = serialization.Encoding.PEM, serialization.NoEncryption()
    return key.private_bytes(encoding, form, none).decode()


def public_pem(key: Public) -> str:
    """Return a public key as PEM."""
    return key.public_bytes(serialization.Encoding.PEM, _SPKI).decode()


def thumbprint(key: Public) -> str:
    """Return the key id of RFC 7638, which registry 3.x uses."""
    jwk = _coordinates(key)
    text = json.dumps(jwk, sort_keys=True, separators=(",", ":"))
    return _base64url(hashlib.sha256(text.encode()).digest())


def fingerprint(key: Public) -> str:
    """Return the key id of libtrust, which registry 2.8 uses: base32 in groups of four."""
    raw = key.public_bytes(serialization.Encoding.DER, _SPKI)
    text = base64.b32encode(hashlib.sha256(raw).digest()[:30]).decode()
    return ":".join(text[start : start + 4] for start in range(0, len(text), 4))


def key_id(key: Public, form: str) -> str:
    """Return the id of a key in the form `rfc7638` or `libtrust`."""
    return fingerprint(key) if form == "libtrust" else thumbprint(key)


def jwks(keys: Sequence[Public]) -> str:
    """Return the JWKS that 3.x trusts. It has each key under both ids: tokens outlive an
    upgrade."""
    found = [
        {**_coordinates(key), "kid": kid, "use": "sig", "alg": "ES256"}
        for key in keys
        for kid in (thumbprint(key), fingerprint(key))
    ]
    return json.dumps({"keys": found}, indent=1) + "\n"


def bundle(keys: Sequence[Public], signer: Private) -> str:
    """Return the bundle that 2.8 trusts: certificates, of which it reads only the keys."""
    return "".join(_certificate(key, signer) for key in keys)


def _certificate(key: Public, signer: Private) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"holdfast {thumbprint(key)[:16]}")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=36500))
        .sign(signer, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def _coordinates(key: Public) -> dict[str, str]:
    point = key.public_numbers()
    x, y = (_base64url(number.to_bytes(32, "big")) for number in (point.x, point.y))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


_SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
