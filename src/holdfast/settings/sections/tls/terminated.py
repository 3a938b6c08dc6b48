"""Settings of the modes in which the proxy terminates TLS."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from holdfast.settings import types as t
from holdfast.settings.sections.tls.base import KeyType, TlsMode
from holdfast.settings.types import Expect


class Terminated(TlsMode):
    """Base of the modes in which the proxy terminates TLS."""

    profile: Literal["intermediate", "modern"] = "intermediate"
    """`intermediate` offers TLS 1.2 and 1.3, `modern` only TLS 1.3."""
    hsts_seconds: Annotated[
        int, Field(ge=0, le=126144000), Expect("seconds from 0 (no header) to 126144000")
    ] = 63072000
    """Lifetime of the HSTS header in seconds: browsers use only https for that time."""
    warn_days: t.Days = 14
    """Days before expiry from which `status`, `verify` and the metrics warn."""

    @property
    def only_tls13(self) -> bool:
        """True if the proxy offers only TLS 1.3."""
        return self.profile == "modern"


class Renewed(Terminated):
    """Base of the modes in which holdfast generates keys and renews certificates."""

    key_type: KeyType = "ecdsa"
    """Key type: ECDSA P-256, RSA (2048 bits), or both, for clients without ECDSA support."""
    renew_days: t.Days = 30
    """Days before expiry from which a certificate is renewed."""

    @property
    def key_kinds(self) -> KeyType:
        """Kinds of the private keys."""
        return self.key_type
