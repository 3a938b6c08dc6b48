"""Certificates of the private authority: find those that are due, and issue new ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from pydantic import SecretStr

from holdfast.certificates import building, checks
from holdfast.certificates.authority import Authority
from holdfast.certificates.building import PublicKey
from holdfast.settings import Settings
from holdfast.settings.sections.tls import KeyType, PrivateCA

SLOTS: Mapping[KeyType, tuple[tuple[str, str], ...]] = {
    "ecdsa": (("", "ecdsa"),),
    "rsa": (("", "rsa"),),
    "both": (("", "ecdsa"), ("rsa-", "rsa")),
}
"""File prefix and key type of each certificate of a host, by `registry_tls_key_type`."""


@dataclass(frozen=True)
class Issued:
    """Files that a host has to have, with keys apart. Without a key, the host keeps its own."""

    reasons: list[str]
    public: dict[str, str]
    keys: dict[str, SecretStr]


@dataclass(frozen=True)
class Issuer:
    """Issuer of one host's certificates."""

    settings: Settings
    tls: PrivateCA
    authority: Authority | None
    """None if there is no authority yet and only reasons are needed."""
    now: datetime
    force: bool = False
    """True to renew certificates that are not due."""
    new_key: bool = False
    """True to generate a new key on renewal."""

    def issue(self, present: Mapping[str, str]) -> Issued:
        """Return the files for a host that has `present`, with the reasons for changes."""
        made = Issued([], {}, {})
        for prefix, kind in SLOTS[self.tls.key_type]:
            self._slot(prefix, kind, present, made)
        if not made.reasons and made.public.keys() != present.keys() - {"origin"}:
            made.reasons.append("other kinds of certificates, as the settings say")
        return made

    def _slot(self, prefix: str, kind: str, present: Mapping[str, str], made: Issued) -> None:
        name, following = f"{prefix}certificate.pem", f"next-{prefix}certificate.pem"
        text = present.get(name)
        reason = self._due(text, kind)
        if reason:
            made.reasons.append(reason)
            text = self._new(text, prefix, kind, made)
        made.public[name] = text or ""
        if self.tls.successor:
            text = self._successor(present.get(following), text, made)
            made.public.update({following: text} if text else {})

    def _due(self, text: str | None, kind: str) -> str | None:
        """Return the reason to issue a certificate; None if the current one is valid."""
        made = f"new certificate for {self.tls.days} days"
        if text is None:
            return f"{made}, the first one"
        if self.authority is None:
            return f"{made}, by a new authority"
        if self.force:
            return f"{made}, as requested"
        fault = self._fault(text, kind)
        if fault:
            return f"{made}, for the present one {fault}"
        left = checks.days_left(checks.load(text)[0], self.now)
        return f"{made}, for {left:.0f} are left" if left < self.tls.renew_days else None

    def _fault(self, text: str, kind: str) -> str | None:
        """Return the reason why a certificate is not one of the current authority and settings."""
        assert self.authority
        try:
            leaf, *chain = checks.load(text)
        except ValueError:
            return "cannot be read"
        if not checks.issued_by(leaf, self.authority.certificate):
            return "is of another authority"
        if set(self.settings.names) != set(checks.names(leaf)):
            return "has another name"
        if kind_of(leaf) != kind:
            return "has another kind of key"
        shown = "".join(map(building.pem, chain))
        return None if shown == self.authority.chain(self.settings.names) else "has another chain"

    def _new(self, text: str | None, prefix: str, kind: str, made: Issued) -> str | None:
        if self.authority is None:
            return None
        key = self._kept_key(text, kind)
        if key is None:
            private = building.new_key(kind)
            made.keys[f"{prefix}key.pem"] = SecretStr(building.private_pem(private))
            key = private.public_key()
        return self._certify(self.authority, key, self.now)

    def _certify(self, authority: Authority, key: PublicKey, since: datetime) -> str:
        name, *others = self.settings.names
        return authority.certify(name, key, self.tls.days, since, *others)

    def _kept_key(self, text: str | None, kind: str) -> PublicKey | None:
        """Return the host's current key if a renewal may keep it.

        nginx reads certificate and key one after the other at each handshake. A renewal that keeps
        the key is never seen half done.
        """
        try:
            leaf = checks.load(text or "")[0]
        except ValueError:
            return None
        key = leaf.public_key()
        assert isinstance(key, PublicKey)
        return key if kind_of(leaf) == kind and not self.new_key else None

    def _successor(self, present: str | None, text: str | None, made: Issued) -> str | None:
        """Return the certificate to which the host switches when the one in `text` is due."""
        if text is None or self.authority is None:
            return None
        leaf = checks.load(text)[0]
        since = leaf.not_valid_after_utc - timedelta(days=self.tls.renew_days)
        if since >= self.authority.certificate.not_valid_after_utc:
            return None
        key = leaf.public_key()
        assert isinstance(key, PublicKey)
        if present and not self._fault(present, kind_of(leaf)) and checks.follows(present, text):
            return present
        made.reasons.append("a successor that the host activates by itself")
        return self._certify(self.authority, key, since)


def kind_of(certificate: x509.Certificate) -> str:
    """Return the key type of a certificate."""
    return "ecdsa" if isinstance(certificate.public_key(), EllipticCurvePublicKey) else "rsa"
