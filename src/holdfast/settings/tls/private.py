"""A certificate authority of our own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.tls.served import Made
from holdfast.settings.types import Expect


class PrivateCA(Made):
    """A certificate authority of our own, made at the first deploy and kept on the controller."""

    mode: Literal["private_ca"]
    ca_directory: t.ControllerPath = "pki"
    """Folder of the authority on the controller; its key never leaves it."""
    ca_days: Annotated[int, Field(ge=30, le=7300), Expect("days from 30 to 7300")] = 3650
    """Days for which a new authority is valid."""
    ca_domains: Annotated[
        tuple[t.Hostname, ...], Field(strict=False), Expect("a list of DNS names")
    ] = ()
    """Domains that a new authority may vouch for; empty: the domain of `registry_hostname`."""
    ca_passphrase: t.Passphrase | None = None
    """Passphrase of the authority's key; belongs in a vault."""
    days: Annotated[int, Field(ge=1, le=825), Expect("days from 1 to 825")] = 90
    """Days for which a new server certificate is valid."""
    successor: bool = True
    """Whether a deploy also leaves the next certificate on the host, which takes it up when the
    present one is due. Without it every renewal needs a deploy."""

    @model_validator(mode="after")
    def _renewal_inside_life(self) -> PrivateCA:
        if self.renew_days >= self.days:
            raise PydanticCustomError(
                "holdfast_renew_days",
                "renew_days|fewer days than registry_tls_days ({days})"
                "|Lower it, or every deploy would renew the certificate",
                {"days": self.days},
            )
        return self
