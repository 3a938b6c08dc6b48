"""The host's reader of certificates sees what a library for them sees."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.certificates import x509 as ours
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import NameOID, _ASN1Type

EC = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 4096)
SOON, FAR = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2061, 7, 9, 23, 59, 58, tzinfo=UTC)
COMMON = x509.NameAttribute(NameOID.COMMON_NAME, "Böse & Söhne")
WIDE = x509.NameAttribute(NameOID.COMMON_NAME, "Büro", _type=_ASN1Type.BMPString)
COMPANY = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example")
COUNTRY = x509.NameAttribute(NameOID.COUNTRY_NAME, "DE")
NAMES: tuple[x509.GeneralName, ...] = (
    x509.DNSName("registry.example.com"),
    x509.IPAddress(ip_address("192.0.2.7")),
    x509.IPAddress(ip_address("2001:db8::7")),
    x509.RFC822Name("a@example.com"),
    x509.UniformResourceIdentifier("https://example.com/"),
)
TEXTS = [str(one.value) for one in NAMES]
OTHER = x509.DirectoryName(x509.Name([COUNTRY]))


def made(
    issuer: list[x509.NameAttribute[str]],
    names: tuple[x509.GeneralName, ...] = (),
    end: datetime = FAR,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = EC,
) -> x509.Certificate:
    """Return a certificate that signs itself."""
    name = x509.Name(issuer)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1 << 150, SOON, end)
    usage = x509.BasicConstraints(ca=False, path_length=None)
    builder = builder.add_extension(usage, critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
    return builder.sign(key, hashes.SHA256())


@pytest.mark.parametrize(
    ("certificate", "issuer", "names"),
    [
        (
            made([COUNTRY, COMPANY, COMMON], NAMES),
            "Böse & Söhne",
            [str(one.value) for one in NAMES],
        ),
        (
            made([WIDE], NAMES[:1], key=rsa.generate_private_key(65537, 4096)),
            "Büro",
            ["registry.example.com"],
        ),
        (made([COMPANY, COUNTRY], (OTHER, *NAMES[:1])), "Example", ["registry.example.com"]),
        (made([COUNTRY], end=datetime(2049, 12, 31, tzinfo=UTC)), "nobody", []),
    ],
)
def test_names_issuer_and_dates(
    certificate: x509.Certificate, issuer: str, names: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "chain.pem"
    pem, other = (one.public_bytes(Encoding.PEM).decode() for one in (certificate, made([COMMON])))
    path.write_text(f"subject=Bär\n{pem}{other}", newline="\r\n")
    found = ours.read(str(path))
    assert (found.issuer, found.names) == (issuer, names)
    assert found.begin == certificate.not_valid_before_utc.timestamp()
    assert found.end == certificate.not_valid_after_utc.timestamp()
    assert found.days_left(found.end - 86400 * 1.5) == 1.5


def test_what_is_cut_or_no_certificate_is_refused(tmp_path: Path) -> None:
    der = made([COMMON], NAMES).public_bytes(Encoding.DER)
    for size in range(len(der)):
        with pytest.raises(ValueError):
            ours.parse(der[:size])
    (tmp_path / "empty.pem").write_text("nothing\n")
    with pytest.raises(ValueError, match="no PEM certificate"):
        ours.read(str(tmp_path / "empty.pem"))
