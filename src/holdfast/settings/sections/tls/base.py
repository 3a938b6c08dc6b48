"""Interface of all TLS modes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from holdfast.settings.section import Section

if TYPE_CHECKING:
    from holdfast.settings.sections.tls.acme import Acme
    from holdfast.settings.sections.tls.external import External
    from holdfast.settings.sections.tls.own import OwnCertificate
    from holdfast.settings.sections.tls.private import PrivateCA

FIRST_PAIR = ("certificate.pem", "key.pem")
SECOND_PAIR = ("rsa-certificate.pem", "rsa-key.pem")
KeyType = Literal["ecdsa", "rsa", "both"]


class TlsMode(Section):
    """Base of the TLS modes."""

    @property
    def terminates_here(self) -> bool:
        """True if the proxy terminates TLS."""
        return True

    @property
    def origin(self) -> str:
        """Source of the host's certificates, in one line."""
        raise NotImplementedError

    @property
    def key_kinds(self) -> KeyType:
        """Kinds of the private keys, as far as the settings tell."""
        return "ecdsa"

    @property
    def key_pairs(self) -> tuple[tuple[str, str], ...]:
        """File names of the certificates and keys that the proxy serves."""
        return (FIRST_PAIR, SECOND_PAIR) if self.key_kinds == "both" else (FIRST_PAIR,)

    @property
    def packages(self) -> tuple[str, ...]:
        """Debian packages that the mode needs on the host."""
        return ()

    @property
    def host_paths(self) -> tuple[str, str] | None:
        """Paths of certificate and key if they are files on the host, else None."""
        return None

    @property
    def client_ca(self) -> str | None:
        """CA certificate that clients have to trust, as PEM or a path; None if their system has
        it."""
        return None

    @property
    def staples(self) -> bool:
        """True if the proxy staples OCSP responses."""
        return False

    @property
    def only_tls13(self) -> bool:
        """True if the proxy offers only TLS 1.3."""
        return False

    @property
    def asks_others(self) -> bool:
        """True if the host connects to other machines for its certificate."""
        return self.staples

    @property
    def private_authority(self) -> PrivateCA | None:
        """Settings of holdfast's own CA; None in other modes."""
        return None

    @property
    def acme(self) -> Acme | None:
        """Settings of the ACME server; None in other modes."""
        return None

    @property
    def own(self) -> OwnCertificate | None:
        """Settings of a certificate that the user provides; None in other modes."""
        return None

    @property
    def external(self) -> External | None:
        """Settings of plain HTTP behind a load balancer; None in other modes."""
        return None
