"""Certificates that name an OCSP responder, which our own authority has none of."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from holdfast.certificates import Authority, Pair, building


def certificate(authority: Authority, hostname: str, responder: str, now: datetime) -> Pair:
    """Return a certificate for 90 days, without what is above it."""
    key, issuer = building.new_key(), authority.certificate
    until = now + timedelta(days=90)
    made = building.builder(building.named(hostname), issuer.subject, key.public_key(), now, until)
    address = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder)
    )
    for extension, critical in (
        (x509.SubjectAlternativeName([x509.DNSName(hostname)]), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (building.usage("digital_signature"), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (building.signed_by(issuer), False),
        (x509.AuthorityInformationAccess([address]), False),
    ):
        made = made.add_extension(extension, critical=critical)
    signed = made.sign(authority.key, hashes.SHA256())
    return Pair(building.pem(signed), building.private_pem(key))
