"""Check that the certificates in a token's header lead to a trusted one."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from holdfast.doctor.finding import Finding
from holdfast.jwks.keys import PublicKey


def key_of(listed: Any, roots: Sequence[x509.Certificate], now: float) -> PublicKey | Finding:
    """Return the key of the first certificate if its chain is trusted, else a finding."""
    try:
        chain = [x509.load_der_x509_certificate(base64.b64decode(one)) for one in listed]
        if _leads(chain[0], chain[1:], roots, datetime.fromtimestamp(now, UTC)):
            key = chain[0].public_key()
            if isinstance(key, PublicKey):
                return key
    except (ValueError, TypeError, IndexError):
        pass
    known = ", ".join(root.subject.rfc4514_string() for root in roots) or "no certificate"
    return Finding(
        "chain",
        "failed",
        f"carries certificates (x5c) that lead to none of those the registry trusts: {known}",
        "Give the issuer's certificate in registry_auth_keys",
    )


def _leads(
    one: x509.Certificate,
    between: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    now: datetime,
) -> bool:
    if not one.not_valid_before_utc <= now <= one.not_valid_after_utc:
        return False
    if one in roots:
        return True
    return any(
        _signed(one, above) and _leads(above, [c for c in between if c != above], roots, now)
        for above in (*roots, *between)
        if above != one and _authority(above)
    )


def _authority(one: x509.Certificate) -> bool:
    try:
        return one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _signed(one: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
