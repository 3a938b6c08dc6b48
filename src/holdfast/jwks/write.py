"""Write an issuer's keys for a registry: a JWKS for 3.x, a bundle of certificates for 2.8."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509.oid import NameOID

from holdfast.jwks.keys import Key

_BEGIN, _END = datetime(2000, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


def listed(keys: Sequence[Key]) -> list[dict[str, str]]:
    """Return keys as entries of a JWKS, each with the key id that its issuer gave."""
    return [{**key.jwk, **({"kid": key.given} if key.given else {}), "use": "sig"} for key in keys]


def jwks(keys: Sequence[Key]) -> str:
    """Return a JWKS with each key under every key id that a token may use."""
    entries = [{**key.jwk, "kid": name, "use": "sig"} for key in keys for name in key.names]
    return json.dumps({"keys": entries}, indent=2, sort_keys=True) + "\n"


def bundle(keys: Sequence[Key]) -> str:
    """Return the keys that registry 2.8 supports as certificates; "" if it supports none."""
    usable = [key for key in keys if not isinstance(key.public, Ed25519PublicKey)]
    made = [key.certificate or _wrapped(key) for key in usable]
    return "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in made)


def _wrapped(key: Key) -> x509.Certificate:
    """Wrap a key in a certificate, the only form in which registry 2.8 reads keys.

    The registry reads only the key from it. The certificate is signed by a key derived from the
    issuer's public key, so that every run creates the same one. It certifies nothing.
    """
    digest = hashlib.sha256(b"holdfast wrapped key\n" + key.spki).digest()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, key.libtrust)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public)
        .serial_number(int.from_bytes(digest[:15], "big") | 1)
        .not_valid_before(_BEGIN)
        .not_valid_after(_END)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(Ed25519PrivateKey.from_private_bytes(digest), None)
    )
