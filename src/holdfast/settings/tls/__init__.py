"""The sections on certificates: where the server's comes from, and whether clients show one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from holdfast.settings.tls.acme import Acme
from holdfast.settings.tls.external import External
from holdfast.settings.tls.mtls import Mtls
from holdfast.settings.tls.own import OwnCertificate
from holdfast.settings.tls.private import PrivateCA
from holdfast.settings.tls.served import KeyType

__all__ = ["Acme", "External", "KeyType", "Mtls", "OwnCertificate", "PrivateCA", "Tls", "origin"]

Tls = Annotated[PrivateCA | OwnCertificate | Acme | External, Field(discriminator="mode")]


def origin(tls: Tls) -> str:
    """Return a line that says where the certificates of a host come from."""
    if isinstance(tls, Acme):
        return f"acme {tls.server} {tls.key_type}"
    if isinstance(tls, OwnCertificate) and tls.host_paths:
        return "host " + " ".join(tls.host_paths)
    return tls.mode
