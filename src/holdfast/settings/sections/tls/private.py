"""Certificates of holdfast's own CA."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.sections.tls.terminated import Renewed
from holdfast.settings.types import Expect


class PrivateCA(Renewed):
    """Certificates of holdfast's own CA, created at the first deploy and kept on the controller."""

    mode: Literal["private_ca"]
    ca_directory: t.ControllerPath = "pki"
    """Folder of the CA on the controller; the CA's key never leaves the controller."""
    ca_days: Annotated[int, Field(ge=30, le=7300), Expect("days from 30 to 7300")] = 3650
    """Days for which a new CA certificate is valid."""
    ca_domains: Annotated[
        tuple[t.Hostname, ...], Field(strict=False), Expect("a list of DNS names")
    ] = ()
    """Domains to which a new CA is restricted (name constraints). If empty, the domain of
    `registry_hostname`."""
    ca_passphrase: t.Passphrase | None = None
    """Passphrase of the CA's key; belongs in a vault."""
    ca_key: t.AuthorityKey | None = None
    """Key of the CA from a vault, in place of `ca.key` in its folder, to share it in a team."""
    days: Annotated[int, Field(ge=1, le=825), Expect("days from 1 to 825")] = 90
    """Days for which a new server certificate is valid."""
    successor: bool = True
    """Place the next certificate on the host with each deploy; the host switches to it when renewal
    is due. If false, every renewal needs a deploy."""

    @model_validator(mode="after")
    def _renewal_inside_life(self) -> PrivateCA:
        if self.renew_days >= self.days:
            raise refusal(
                "renew_days",
                f"fewer days than registry_tls_days ({self.days})",
                "Lower it, or every deploy would renew the certificate",
            )
        return self

    @property
    def private_authority(self) -> PrivateCA:
        """These settings."""
        return self

    @property
    def origin(self) -> str:
        """Source of the host's certificates, in one line."""
        return self.mode
