"""The section `registry_mtls_*`: client certificates."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.section import Section
from holdfast.settings.types import Expect


class Mtls(Section):
    """Client certificates (mutual TLS), in addition to logins."""

    verify: Literal["off", "optional", "require"] = "off"
    """Client certificates are ignored (`off`), checked if present (`optional`) or required
    (`require`)."""
    ca: t.PemOrPath | None = None
    """CA certificate that signed the client certificates. If not set, holdfast creates a CA for
    clients."""
    ca_directory: t.ControllerPath = "pki/clients"
    """Folder of holdfast's own client CA on the controller. `holdfast client certificate` issues
    from it."""
    crl: t.PemOrPath | None = None
    """Certificate revocation list of `registry_mtls_ca`. The list of holdfast's own client CA is
    always deployed."""
    crl_url: t.WebAddress | None = None
    """URL from which the host fetches a newer revocation list each day. The first one is
    `registry_mtls_crl`."""
    exempt_paths: Annotated[
        tuple[t.UrlPath, ...], Field(strict=False), Expect("a list of paths like /health")
    ] = ("/health",)
    """Paths that need no client certificate, even with `require`."""

    @model_validator(mode="after")
    def _lists(self) -> Mtls:
        if self.crl_url and not self.crl:
            raise refusal(
                "crl",
                "the list to begin with, for registry_mtls_crl_url is given",
                "Fetch it once",
                given="nothing",
            )
        if self.ca is None and self.crl:
            raise refusal(
                "ca",
                "to be given together with registry_mtls_crl",
                "Our own authority makes its list itself",
            )
        return self
