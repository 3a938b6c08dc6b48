"""Certificates from an ACME server."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.tls.served import Made
from holdfast.settings.types import Expect

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
LETS_ENCRYPT_STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"


class Acme(Made):
    """Certificates from an ACME server, asked for and renewed by the host itself."""

    mode: Literal["acme"]
    accept_terms: Annotated[
        Literal[True],
        Expect("true", "It says that you accept the terms of service of the ACME server"),
    ]
    """That you accept the terms of service of the ACME server."""
    email: t.Email | None = None
    """Address for the server's notices."""
    directory: t.HttpsAddress = LETS_ENCRYPT
    """Directory of the ACME server."""
    staging: bool = False
    """Let's Encrypt's staging server: for trials, no client trusts its certificates."""
    directory_ca: t.PemText | None = None
    """Root behind the directory's own https, when it is not in the system's store."""
    ca: t.PemOrPath | None = None
    """Root that clients should trust, when it is not in every system's store."""
    challenge: Literal["http", "rfc2136", "hook"] = "http"
    """How the name is proven: http through the proxy's port 80, or DNS by update or by a hook."""
    eab_kid: t.Token | None = None
    """Key identifier of an external account binding."""
    eab_hmac: t.SecretToken | None = None
    """Key of the external account binding, base64url; belongs in a vault."""
    dns_server: t.Address | None = None
    """Address of the server that takes DNS updates (RFC 2136)."""
    dns_port: t.Port = 53
    """Port of that server."""
    dns_wait_seconds: Annotated[int, Field(ge=1, le=3600), Expect("seconds from 1 to 3600")] = 60
    """Seconds until an update has reached all servers of the zone."""
    dns_tsig_name: t.Token | None = None
    """Name of the TSIG key."""
    dns_tsig_algorithm: Literal["hmac-sha256", "hmac-sha384", "hmac-sha512"] = "hmac-sha256"
    """Algorithm of the TSIG key."""
    dns_tsig_secret: t.SecretToken | None = None
    """The TSIG key, base64; belongs in a vault."""
    dns_hook: t.AbsolutePath | None = None
    """Program on the host that adds (`present`) or removes (`cleanup`, its first argument) the TXT
    record `_acme-challenge.$CERTBOT_DOMAIN` of value `$CERTBOT_VALIDATION`, and waits for it."""

    @model_validator(mode="after")
    def _complete(self) -> Acme:
        needed: dict[str, tuple[str, ...]] = {
            "http": (),
            "rfc2136": ("dns_server", "dns_tsig_name", "dns_tsig_secret"),
            "hook": ("dns_hook",),
        }
        for key in needed[self.challenge]:
            if getattr(self, key) is None:
                raise PydanticCustomError(
                    "holdfast_challenge",
                    "{key}|a value, for registry_tls_challenge is {challenge}|Give it",
                    {"key": key, "challenge": self.challenge, "given": "nothing"},
                )
        if (self.eab_kid is None) != (self.eab_hmac is None):
            raise PydanticCustomError(
                "holdfast_eab", "eab_kid|to be given together with registry_tls_eab_hmac|Give both"
            )
        if self.staging and self.directory != LETS_ENCRYPT:
            raise PydanticCustomError(
                "holdfast_staging",
                "staging|false, for registry_tls_directory is not Let's Encrypt's"
                "|Give the address of your server's own staging directory",
            )
        return self

    @property
    def server(self) -> str:
        """Address of the directory that is asked."""
        return LETS_ENCRYPT_STAGING if self.staging else self.directory
