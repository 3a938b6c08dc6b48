"""Check the certificates of a server or an authority."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID

from holdfast.certificates.building import PrivateKey

SMALLEST_RSA = 2048
SMALLEST_CURVE = 256


def examine(
    certificate_pem: str, wanted: Sequence[str], now: datetime, ca_pem: str | None = None
) -> list[str]:
    """Return the errors in a server's certificate and chain.

    `wanted` are the server's DNS names. `ca_pem` is the root of the chain; without it, an authority
    of the controller's system store has to be.
    """
    try:
        chain = load(certificate_pem)
        above = load(ca_pem) if ca_pem else []
    except ValueError as error:
        return [f"certificate: expected PEM certificates, got: {error}. Give the full chain"]
    leaf = chain[0]
    found = [*_names(leaf, wanted), *_order(chain)]
    found = found or list(_top(chain[-1], above))
    for certificate in (*chain, *above):
        found += [*_dates(certificate, now), *_strength(certificate)]
    return found


def load(pem: str) -> list[x509.Certificate]:
    """Return the certificates of a PEM text in order. Raises ValueError if there is none."""
    return x509.load_pem_x509_certificates(pem.encode())


def names(certificate: x509.Certificate) -> list[str]:
    """Return the DNS names that a certificate covers, in lower case."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [name.lower() for name in extension.value.get_values_for_type(x509.DNSName)]


def days_left(certificate: x509.Certificate, now: datetime) -> float:
    """Return the days until a certificate expires."""
    return (certificate.not_valid_after_utc - now).total_seconds() / 86400


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether a certificate is signed by another one."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def uncovered(leaf: x509.Certificate, wanted: Sequence[str]) -> list[str]:
    """Return the names that a certificate does not cover, directly or by a wildcard."""
    covered = names(leaf)
    return [
        name
        for name in wanted
        if name not in covered and f"*.{name.partition('.')[2]}" not in covered
    ]


def _names(leaf: x509.Certificate, wanted: Sequence[str]) -> Iterator[str]:
    missing = uncovered(leaf, wanted)
    if missing:
        listed = ", ".join(names(leaf)) or "no name at all"
        yield (
            f"certificate: covers {listed}, not {', '.join(missing)}."
            " Give a certificate with that name, or set registry_tls_mode: private_ca"
        )


def _dates(certificate: x509.Certificate, now: datetime) -> Iterator[str]:
    name = certificate.subject.rfc4514_string() or "certificate"
    clock = f"and this machine's clock says {now:%Y-%m-%d %H:%M} UTC"
    if certificate.not_valid_after_utc <= now:
        until = certificate.not_valid_after_utc
        yield f"certificate: {name} expired on {until:%Y-%m-%d}, {clock}. Renew it"
    if certificate.not_valid_before_utc > now:
        since = certificate.not_valid_before_utc
        yield (
            f"certificate: {name} is valid only from {since:%Y-%m-%d %H:%M} UTC, {clock}."
            " Set the clock, or wait"
        )


def _strength(certificate: x509.Certificate) -> Iterator[str]:
    key, name = certificate.public_key(), certificate.subject.rfc4514_string()
    what = f"certificate: {name}: expected"
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < SMALLEST_RSA:
        yield f"{what} an RSA key of {SMALLEST_RSA} bits or more, got {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < SMALLEST_CURVE:
        yield f"{what} a curve of {SMALLEST_CURVE} bits or more, got {key.key_size}"
    algorithm = certificate.signature_hash_algorithm
    # Nobody looks at the signature of a root: it is trusted for itself.
    weak = algorithm is not None and algorithm.name in ("md5", "sha1")
    if algorithm is not None and weak and not issued_by(certificate, certificate):
        yield f"{what} a signature with SHA-256 or better, got {algorithm.name}. Renew it"


def _order(chain: list[x509.Certificate]) -> Iterator[str]:
    for lower, upper in pairwise(chain):
        if not issued_by(lower, upper):
            yield (
                f"certificate: {lower.subject.rfc4514_string()} is followed by"
                f" {upper.subject.rfc4514_string()}, which did not sign it."
                " Order the file: server certificate first, then each issuer"
            )


def _top(top: x509.Certificate, above: list[x509.Certificate]) -> Iterator[str]:
    """Yield an error if the end of a chain is not signed by a trusted authority."""
    if above:
        if top not in above and not any(issued_by(top, one) for one in above):
            yield (
                "ca: did not sign the chain."
                " Give the root of this certificate, or append its intermediates"
            )
        return
    known = [one for one in system_roots() if one.subject in (top.issuer, top.subject)]
    if top not in known and not any(issued_by(top, one) for one in known):
        yield (
            f"certificate: the chain ends at {top.subject.rfc4514_string()}, signed by"
            f" {top.issuer.rfc4514_string()}, which this machine does not know."
            " Append the intermediates, or give the root as registry_tls_ca"
        )


@cache
def system_roots() -> tuple[x509.Certificate, ...]:
    """Return the CA certificates that the controller trusts; empty if it has no bundle."""
    bundle = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
    try:
        with warnings.catch_warnings():
            # Some old root has a serial number that is not as RFC 5280 wants it.
            warnings.simplefilter("ignore")
            return tuple(load(Path(bundle).read_text()))
    except (OSError, ValueError):
        return ()


def fits(certificate_pem: str, key: PrivateKey) -> bool:
    """Tell whether a key belongs to a certificate."""
    return load(certificate_pem)[0].public_key() == key.public_key()


def follows(successor_pem: str, certificate_pem: str) -> bool:
    """Tell whether a certificate extends the validity of another one without a gap, with the same
    key."""
    later, earlier = load(successor_pem)[0], load(certificate_pem)[0]
    inside = later.not_valid_before_utc <= earlier.not_valid_after_utc
    longer = later.not_valid_after_utc > earlier.not_valid_after_utc
    return inside and longer and later.public_key() == earlier.public_key()


def responder(certificate: x509.Certificate) -> str | None:
    """Return the URL of the OCSP responder in a certificate; None if it names none."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except x509.ExtensionNotFound:
        return None
    found = [one for one in access.value if one.access_method == AuthorityInformationAccessOID.OCSP]
    return str(found[0].access_location.value) if found else None


def authority(chain: list[x509.Certificate], now: datetime) -> Iterator[str]:
    """Yield the reasons why the first of some certificates cannot be used as an authority."""
    first = chain[0]
    try:
        basic = first.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = first.extensions.get_extension_for_class(x509.KeyUsage).value
        first.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound as error:
        yield f"expected an authority with {error.oid._name}, which strict clients ask for"
        return
    if not (basic.ca and usage.key_cert_sign):
        yield "expected an authority, got a certificate that may not sign others"
    for line in (*_order(chain), *_dates(first, now), *_strength(first)):
        yield line.removeprefix("certificate: ")
    if not issued_by(chain[-1], chain[-1]):
        yield "expected its issuers after it, up to a root. Append them"
