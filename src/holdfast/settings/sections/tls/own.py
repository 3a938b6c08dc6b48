"""A certificate that the user provides."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.sections.tls.base import KeyType
from holdfast.settings.sections.tls.terminated import Terminated


class OwnCertificate(Terminated):
    """A certificate that you provide."""

    mode: Literal["own"]
    certificate: t.CertificatePlace
    """Server certificate followed by its intermediates."""
    key: t.KeyPlace
    """Private key of the certificate."""
    key_passphrase: t.Passphrase | None = None
    """Passphrase of the private keys; belongs in a vault. On the host they are stored without
    it."""
    rsa_certificate: t.CertificatePlace | None = None
    """Second certificate, with an RSA key, for clients without ECDSA support."""
    rsa_key: t.KeyPlace | None = None
    """Private key of the second certificate."""
    ca: t.PemOrPath | None = None
    """CA certificate that clients have to trust, if it is not in every system's store."""
    stapling: bool = False
    """Staple a fresh OCSP response; the certificate has to name a responder."""

    @model_validator(mode="after")
    def _whole(self) -> OwnCertificate:
        if (self.rsa_certificate is None) != (self.rsa_key is None):
            raise refusal(
                "rsa_certificate",
                "to be given together with registry_tls_rsa_key",
                "Give both, or none",
            )
        on_host = {t.on_host(self.certificate), t.on_host(self.key.get_secret_value())}
        if len(on_host) > 1 or (True in on_host and (self.key_passphrase or self.rsa_key)):
            raise refusal(
                "certificate",
                "certificate and key in the same place",
                "On the host (host:/path) there are two files, without a passphrase, and no"
                " second pair",
            )
        if self.stapling and self.rsa_certificate:
            raise refusal(
                "stapling",
                "false, for there are two certificates, and nginx would show the same OCSP"
                " answer with both",
                "Give one certificate, or no answers",
            )
        return self

    @property
    def origin(self) -> str:
        """Source of the host's certificates, in one line."""
        return "host " + " ".join(self.host_paths) if self.host_paths else self.mode

    @property
    def key_kinds(self) -> KeyType:
        """Kinds of the private keys; a first one without an RSA key beside it counts as ECDSA."""
        return "both" if self.rsa_key else "ecdsa"

    @property
    def packages(self) -> tuple[str, ...]:
        """Debian packages that the mode needs on the host."""
        return ("openssl",) if self.stapling else ()

    @property
    def staples(self) -> bool:
        """True if the proxy staples OCSP responses."""
        return self.stapling

    @property
    def own(self) -> OwnCertificate:
        """These settings."""
        return self

    @property
    def host_paths(self) -> tuple[str, str] | None:
        """Paths of certificate and key if they are files on the host, else None."""
        if not t.on_host(self.certificate):
            return None
        return t.host_path(self.certificate), t.host_path(self.key.get_secret_value())

    @property
    def client_ca(self) -> str | None:
        """CA certificate that clients have to trust, as PEM or a path; None if their system has
        it."""
        return self.ca
