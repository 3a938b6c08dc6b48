"""The section `registry_tls_*`: TLS termination and the source of the certificate."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from holdfast.settings.sections.mtls import Mtls
from holdfast.settings.sections.tls.acme import Acme
from holdfast.settings.sections.tls.base import KeyType
from holdfast.settings.sections.tls.external import External
from holdfast.settings.sections.tls.own import OwnCertificate
from holdfast.settings.sections.tls.private import PrivateCA

__all__ = ["Acme", "External", "KeyType", "Mtls", "OwnCertificate", "PrivateCA", "Tls"]

Tls = Annotated[PrivateCA | OwnCertificate | Acme | External, Field(discriminator="mode")]
