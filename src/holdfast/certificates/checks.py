"""What can be wrong with a server's certificate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

SMALLEST_RSA = 2048
SMALLEST_CURVE = 256


def examine(
    certificate_pem: str, hostname: str, now: datetime, key_pem: str, ca_pem: str | None = None
) -> list[str]:
    """Return complaints about a certificate with its chain, its key and the authority above it."""
    try:
        chain = load(certificate_pem)
        above = load(ca_pem) if ca_pem else []
    except ValueError as error:
        return [f"certificate: expected PEM certificates, got: {error}. Give the full chain"]
    leaf = chain[0]
    found = [*_names(leaf, hostname), *_strength(leaf), *_chain(chain, above)]
    for certificate in (*chain, *above):
        found += _dates(certificate, now)
    return found + list(_key(leaf, key_pem))


def load(pem: str) -> list[x509.Certificate]:
    """Return the certificates of a PEM text, in its order; ValueError when there is none."""
    return x509.load_pem_x509_certificates(pem.encode())


def names(certificate: x509.Certificate) -> list[str]:
    """Return the DNS names that a certificate covers, in lower case."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [name.lower() for name in extension.value.get_values_for_type(x509.DNSName)]


def days_left(certificate: x509.Certificate, now: datetime) -> float:
    """Return the days for which a certificate is still valid."""
    return (certificate.not_valid_after_utc - now).total_seconds() / 86400


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether one certificate is signed by another one."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _names(leaf: x509.Certificate, hostname: str) -> Iterator[str]:
    covered = names(leaf)
    wildcard = f"*.{hostname.partition('.')[2]}"
    if hostname not in covered and wildcard not in covered:
        listed = ", ".join(covered) or "no name at all"
        yield (
            f"certificate: covers {listed}, not {hostname}."
            " Give a certificate with that name, or set registry_tls_mode: private_ca"
        )


def _dates(certificate: x509.Certificate, now: datetime) -> Iterator[str]:
    name = certificate.subject.rfc4514_string() or "certificate"
    if certificate.not_valid_after_utc <= now:
        yield f"certificate: {name} expired on {certificate.not_valid_after_utc:%Y-%m-%d}. Renew it"
    if certificate.not_valid_before_utc > now:
        since = certificate.not_valid_before_utc
        yield f"certificate: {name} is valid only from {since:%Y-%m-%d %H:%M} UTC. Check the clock"


def _strength(leaf: x509.Certificate) -> Iterator[str]:
    key = leaf.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < SMALLEST_RSA:
        yield f"certificate: expected an RSA key of {SMALLEST_RSA} bits or more, got {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < SMALLEST_CURVE:
        yield f"certificate: expected a curve of {SMALLEST_CURVE} bits or more, got {key.key_size}"
    algorithm = leaf.signature_hash_algorithm
    if algorithm is not None and algorithm.name in ("md5", "sha1"):
        yield f"certificate: signed with {algorithm.name}, which no client trusts. Renew it"


def _chain(chain: list[x509.Certificate], above: list[x509.Certificate]) -> Iterator[str]:
    for lower, upper in pairwise(chain):
        if not issued_by(lower, upper):
            yield (
                f"certificate: {lower.subject.rfc4514_string()} is followed by"
                f" {upper.subject.rfc4514_string()}, which did not sign it."
                " Order the file: server certificate first, then each issuer"
            )
    top = chain[-1]
    if above and top not in above and not any(issued_by(top, one) for one in above):
        yield "ca: did not sign the chain. Give the root of this certificate, or its intermediates"


def _key(leaf: x509.Certificate, key_pem: str) -> Iterator[str]:
    try:
        key = serialization.load_pem_private_key(key_pem.encode(), password=None)
    except TypeError:
        yield "key: expected a key that is not encrypted. Decrypt it, and keep it in a vault"
    except ValueError:
        yield "key: expected a private key as PEM. Give the key of the certificate"
    else:
        if key.public_key() != leaf.public_key():
            yield "key: does not belong to the certificate. Give the key it was made with"
