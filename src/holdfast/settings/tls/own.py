"""A certificate that is given."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.tls.served import Served


class OwnCertificate(Served):
    """A certificate that you bring."""

    mode: Literal["own"]
    certificate: t.CertificatePlace
    """Server certificate with its intermediates, server certificate first."""
    key: t.KeyPlace
    """Its private key."""
    key_passphrase: t.Passphrase | None = None
    """Passphrase of the keys; belongs in a vault. On the host they lie without it."""
    rsa_certificate: t.CertificatePlace | None = None
    """A second certificate, with an RSA key, for clients that know no ECDSA."""
    rsa_key: t.KeyPlace | None = None
    """The private key of the second certificate."""
    ca: t.PemOrPath | None = None
    """Root that clients should trust, when it is not in every system's store."""
    stapling: bool = False
    """Whether the proxy shows a fresh OCSP answer; the certificate has to name a responder."""

    @model_validator(mode="after")
    def _whole(self) -> OwnCertificate:
        if (self.rsa_certificate is None) != (self.rsa_key is None):
            raise PydanticCustomError(
                "holdfast_pair",
                "rsa_certificate|to be given together with registry_tls_rsa_key|Give both, or none",
            )
        on_host = {t.on_host(self.certificate), t.on_host(self.key.get_secret_value())}
        if len(on_host) > 1 or (True in on_host and (self.key_passphrase or self.rsa_key)):
            raise PydanticCustomError(
                "holdfast_host_pair",
                "certificate|certificate and key in the same place|On the host (host:/path) there"
                " are two files, without a passphrase, and no second pair",
            )
        if self.stapling and self.rsa_certificate:
            raise PydanticCustomError(
                "holdfast_stapling",
                "stapling|false, for there are two certificates, and nginx would show the same"
                " OCSP answer with both|Give one certificate, or no answers",
            )
        return self

    @property
    def host_paths(self) -> tuple[str, str] | None:
        """Paths of certificate and key, when they lie on the host."""
        if not t.on_host(self.certificate):
            return None
        return t.host_path(self.certificate), t.host_path(self.key.get_secret_value())
