"""Certificates of clients."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.types import Expect


class Mtls(Section):
    """Certificates of clients (mutual TLS), beside their logins."""

    verify: Literal["off", "optional", "require"] = "off"
    """Whether clients show a certificate: never, if they have one, or always."""
    ca: t.PemOrPath | None = None
    """Authority that signed the clients' certificates; without it, one of our own."""
    ca_directory: t.ControllerPath = "pki/clients"
    """Folder of our own authority for clients; `holdfast client certificate` issues from it."""
    crl: t.PemOrPath | None = None
    """Revocation list of `registry_mtls_ca`; of our own authority it is always deployed."""
    crl_url: t.WebAddress | None = None
    """Address from which the host fetches a newer list each day; it begins with the given one."""
    exempt_paths: Annotated[
        tuple[t.UrlPath, ...], Field(strict=False), Expect("a list of paths like /health")
    ] = ("/health",)
    """Paths that need no certificate even with `require`."""

    @model_validator(mode="after")
    def _lists(self) -> Mtls:
        if self.crl_url and not self.crl:
            raise PydanticCustomError(
                "holdfast_first_crl",
                "crl|the list to begin with, for registry_mtls_crl_url is given|Fetch it once",
                {"given": "nothing"},
            )
        if self.ca is None and self.crl:
            raise PydanticCustomError(
                "holdfast_crl",
                "ca|to be given together with registry_mtls_crl"
                "|Our own authority makes its list itself",
            )
        return self
