"""A private certificate authority; its key never leaves the controller."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from holdfast.certificates import building
from holdfast.certificates.building import PrivateKey, PublicKey

PATH_LENGTH = 1
"""Path length of a new authority: it may cross-sign its successor during a rotation."""


@dataclass(frozen=True)
class Pair:
    """A certificate with its issuers, and its key, in memory."""

    certificate_pem: str
    key_pem: str


@dataclass(frozen=True)
class Authority:
    """A certificate authority that issues certificates for servers and clients."""

    certificate: x509.Certificate
    key: PrivateKey
    above: tuple[x509.Certificate, ...] = ()
    """Issuers of the authority up to a root; empty if it is a root itself."""
    cross: x509.Certificate | None = None
    """The authority cross-signed by the previous one, for clients that know only that one."""

    @classmethod
    def create(cls, name: str, days: int, now: datetime, domains: Sequence[str] = ()) -> Authority:
        """Return a new root. With `domains` it is constrained to names in them."""
        key = building.new_key()
        # Two authorities with one name would confuse those who look for an issuer by its name.
        subject = building.named(f"{name[:40]} authority {secrets.token_hex(3)}")
        until = now + timedelta(days)
        made = building.builder(subject, subject, key.public_key(), now, until)
        made = _as_authority(made, PATH_LENGTH, domains)
        own = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
        return cls(made.add_extension(own, critical=False).sign(key, hashes.SHA256()), key)

    @property
    def root_pem(self) -> str:
        """Root certificate as PEM, which clients trust."""
        return building.pem(self.above[-1] if self.above else self.certificate)

    @property
    def pem(self) -> str:
        """The authority and its issuers, as PEM."""
        return "".join(map(building.pem, (self.certificate, *self.above)))

    def chain(self, names: Sequence[str]) -> str:
        """Return the chain that a server of these names sends after its certificate, without roots.

        The cross-signed certificate is left out if the previous authority is not allowed to certify
        a name: a client that followed it would fail with `permitted subtree violation`.
        """
        shown = [one for one in (self.certificate, *self.above) if one.issuer != one.subject]
        if self.cross and not beyond(domains_of(self.cross), names):
            shown.append(self.cross)
        return "".join(map(building.pem, shown))

    @property
    def domains(self) -> list[str]:
        """Domains to which the authority is constrained; empty if it is not constrained."""
        return domains_of(self.certificate)

    def issue(
        self, hostname: str, days: int, since: datetime, key: PrivateKey | None = None
    ) -> Pair:
        """Return a server certificate, with a new key unless one is given."""
        key = key or building.new_key()
        return Pair(
            self.certify(hostname, key.public_key(), days, since), building.private_pem(key)
        )

    def certify(
        self, hostname: str, key: PublicKey, days: int, since: datetime, *others: str
    ) -> str:
        """Return a server certificate with its chain. It expires no later than the authority.

        `others` are additional DNS names.
        """
        made = self._begun(hostname, key, days, since)
        names = [x509.DNSName(name) for name in (hostname, *others)]
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return self._finished(made, ExtendedKeyUsageOID.SERVER_AUTH) + self.chain(
            [hostname, *others]
        )

    def issue_client(self, name: str, days: int, now: datetime) -> Pair:
        """Return a client certificate and its key."""
        key = building.new_key()
        made = self._begun(name, key.public_key(), days, now)
        return Pair(
            self._finished(made, ExtendedKeyUsageOID.CLIENT_AUTH), building.private_pem(key)
        )

    def cross_sign(self, other: x509.Certificate, now: datetime) -> x509.Certificate:
        """Cross-sign another authority's certificate. It expires no later than this authority."""
        key = other.public_key()
        assert isinstance(key, PublicKey)
        until = min(other.not_valid_after_utc, self.certificate.not_valid_after_utc)
        made = building.builder(other.subject, self.certificate.subject, key, now, until)
        made = _as_authority(made, 0, self.domains)
        made = made.add_extension(building.signed_by(self.certificate), critical=False)
        return made.sign(self.key, hashes.SHA256())

    def _begun(
        self, name: str, key: PublicKey, days: int, since: datetime
    ) -> x509.CertificateBuilder:
        until = min(since + timedelta(days=days), self.certificate.not_valid_after_utc)
        issuer = self.certificate.subject
        return building.builder(building.named(name), issuer, key, since, until)

    def _finished(self, made: x509.CertificateBuilder, purpose: x509.ObjectIdentifier) -> str:
        made = (
            made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(building.usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(building.signed_by(self.certificate), critical=False)
        )
        return building.pem(made.sign(self.key, hashes.SHA256()))


def domains_of(certificate: x509.Certificate) -> list[str]:
    """Return the domains to which an authority's certificate is constrained; empty if to none."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return []
    return [name.value for name in found.permitted_subtrees or [] if _is_dns(name)]


def beyond(domains: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the names outside of some domains; none if `domains` is empty."""
    return [
        name
        for name in names
        if domains and not any(name == one or name.endswith(f".{one}") for one in domains)
    ]


def _as_authority(
    made: x509.CertificateBuilder, path_length: int, domains: Sequence[str]
) -> x509.CertificateBuilder:
    basic = x509.BasicConstraints(ca=True, path_length=path_length)
    made = made.add_extension(basic, critical=True)
    made = made.add_extension(building.usage("key_cert_sign", "crl_sign"), critical=True)
    if domains:
        made = made.add_extension(building.constraints(domains), critical=True)
    return made


def _is_dns(name: x509.GeneralName) -> bool:
    return isinstance(name, x509.DNSName)
