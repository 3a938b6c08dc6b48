"""A private certificate authority in a folder; its key never leaves it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from holdfast.errors import InputError

CERTIFICATE, KEY = "ca.crt", "ca.key"
BACKDATED = timedelta(minutes=5)
"""New certificates are valid since then, for clients whose clock is a little behind."""

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


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, in memory."""

    certificate_pem: str
    key_pem: str


@dataclass(frozen=True)
class Authority:
    """A certificate authority that can issue certificates for servers."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def open(cls, directory: Path) -> Authority | None:
        """Return the authority of a folder, or None when there is none; nothing is touched.

        Raises InputError when there is one that cannot be used.
        """
        certificate, key = directory / CERTIFICATE, directory / KEY
        if not certificate.exists() and not key.exists():
            return None
        if key.exists() and key.stat().st_mode & 0o077:
            raise InputError(f"{key}: expected to be yours alone. Run: chmod 600 {key}")
        try:
            found = x509.load_pem_x509_certificate(certificate.read_bytes())
            secret = serialization.load_pem_private_key(key.read_bytes(), password=None)
        except (OSError, ValueError, TypeError) as error:
            raise InputError(
                f"{directory}: expected {CERTIFICATE} and {KEY} of an authority, got: {error}."
                " Restore both from a backup, or remove both to make a new authority"
            ) from error
        if not isinstance(secret, ec.EllipticCurvePrivateKey):
            raise InputError(f"{key}: expected an elliptic curve key, as holdfast makes them")
        if secret.public_key() != found.public_key():
            raise InputError(f"{key}: does not belong to {certificate}. Restore both from a backup")
        return cls(found, secret)

    @classmethod
    def open_or_create(cls, directory: Path, name: str, days: int, now: datetime) -> Authority:
        """Return the authority of a folder, made first when there is none.

        Safe when several hosts' deploys do it at once.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(directory):
            found = cls.open(directory)
            if found is None:
                found = _create(name, days, now)
                found.write(directory)
            if found.certificate.not_valid_after_utc <= now:
                raise InputError(
                    f"{directory / CERTIFICATE}: the authority expired on"
                    f" {found.certificate.not_valid_after_utc:%Y-%m-%d}. Move the folder away:"
                    " the next deploy makes a new one, which clients have to trust anew"
                )
            return found

    @property
    def pem(self) -> str:
        """The certificate that clients trust."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def write(self, directory: Path) -> None:
        """Write key and certificate, the key first: a cut leaves no certificate without a key."""
        for name, content, mode in (
            (KEY, _private_pem(self.key), 0o600),
            (CERTIFICATE, self.pem, 0o644),
        ):
            beside = directory / f"{name}.new"
            beside.unlink(missing_ok=True)
            with open(beside, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                file.write(content)
            beside.chmod(mode)
            beside.rename(directory / name)

    def issue(self, hostname: str, days: int, now: datetime) -> Pair:
        """Return a new certificate and key for a server; it does not outlive the authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        until = min(now + timedelta(days=days), self.certificate.not_valid_after_utc)
        builder = (
            _builder(hostname, key.public_key(), now, until)
            .issuer_name(self.certificate.subject)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(hostname)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(_signed_by(self.key), critical=False)
        )
        made = builder.sign(self.key, hashes.SHA256())
        return Pair(made.public_bytes(serialization.Encoding.PEM).decode(), _private_pem(key))


def _create(name: str, days: int, now: datetime) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(f"{name} registry authority", key.public_key(), now, now + timedelta(days))
    made = (
        builder.issuer_name(x509.Name([_common_name(f"{name} registry authority")]))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(_signed_by(key), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(made, key)


def _builder(
    name: str, key: ec.EllipticCurvePublicKey, now: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([_common_name(name)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _common_name(name: str) -> x509.NameAttribute[str]:
    # X.509 bounds a common name to 64 characters; only the alternative name counts anyway.
    return x509.NameAttribute(NameOID.COMMON_NAME, name[:64])


def _usage(*wanted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{name: name in wanted for name in _USAGES})


def _signed_by(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _private_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
