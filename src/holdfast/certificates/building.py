"""Build the parts of certificates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_network

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

BACKDATED = timedelta(minutes=5)
"""Time by which new certificates are backdated, for clients whose clock is slow."""

RSA_BITS = 2048

_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def new_key(kind: str = "ecdsa") -> PrivateKey:
    """Return a new private key: `ecdsa` (P-256) or `rsa`."""
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return ec.generate_private_key(ec.SECP256R1())


def builder(
    subject: x509.Name, issuer: x509.Name, key: PublicKey, since: datetime, until: datetime
) -> x509.CertificateBuilder:
    """Return a builder for a slightly backdated certificate, without extensions."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since - BACKDATED)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def named(text: str) -> x509.Name:
    """Return a distinguished name. X.509 limits it to 64 characters; only the SANs count anyway."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def usage(*wanted: str) -> x509.KeyUsage:
    """Return a KeyUsage extension with the given usages."""
    return x509.KeyUsage(**{name: name in wanted for name in _USAGES})


def signed_by(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """Return the AuthorityKeyIdentifier for an issuer, equal to the issuer's
    SubjectKeyIdentifier."""
    try:
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        key = issuer.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(key)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def constraints(domains: Sequence[str]) -> x509.NameConstraints:
    """Return name constraints: these domains and all below them, and no IP address."""
    nowhere = [x509.IPAddress(ip_network(text)) for text in ("0.0.0.0/0", "::/0")]
    return x509.NameConstraints([x509.DNSName(domain) for domain in domains], nowhere)


def pem(certificate: x509.Certificate) -> str:
    """Return a certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def private_pem(key: PrivateKey, passphrase: str | None = None) -> str:
    """Return a private key as PKCS#8 PEM, encrypted if a passphrase is given."""
    encryption = (
        serialization.BestAvailableEncryption(passphrase.encode())
        if passphrase
        else serialization.NoEncryption()
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    ).decode()
