"""Certificates from an ACME server."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.sections.tls.terminated import Renewed
from holdfast.settings.types import Expect

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
LETS_ENCRYPT_STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"


class Acme(Renewed):
    """Certificates from an ACME server; the host requests and renews them itself."""

    mode: Literal["acme"]
    accept_terms: Annotated[
        Literal[True],
        Expect("true", "It says that you accept the terms of service of the ACME server"),
    ]
    """Accept the terms of service of the ACME server."""
    email: t.Email | None = None
    """E-mail address for the server's notices."""
    directory: t.HttpsAddress = LETS_ENCRYPT
    """URL of the ACME directory."""
    staging: bool = False
    """Use Let's Encrypt's staging server, for tests. No client trusts its certificates."""
    directory_ca: t.PemText | None = None
    """CA certificate for the https URL of the ACME directory, if it is not in the system's
    store."""
    ca: t.PemOrPath | None = None
    """CA certificate that clients have to trust, if it is not in every system's store."""
    challenge: Literal["http", "rfc2136", "hook"] = "http"
    """Challenge type: `http` on the proxy's port 80, or DNS by `rfc2136` updates or by a `hook`."""
    eab_kid: t.Token | None = None
    """Key id of the external account binding."""
    eab_hmac: t.SecretToken | None = None
    """HMAC key of the external account binding, base64url; belongs in a vault."""
    dns_server: t.Address | None = None
    """Address of the DNS server that accepts updates (RFC 2136)."""
    dns_port: t.Port = 53
    """Port of that DNS server."""
    dns_wait_seconds: Annotated[int, Field(ge=1, le=3600), Expect("seconds from 1 to 3600")] = 60
    """Seconds until an update has reached all servers of the zone."""
    dns_tsig_name: t.Token | None = None
    """Name of the TSIG key."""
    dns_tsig_algorithm: Literal["hmac-sha256", "hmac-sha384", "hmac-sha512"] = "hmac-sha256"
    """Algorithm of the TSIG key."""
    dns_tsig_secret: t.SecretToken | None = None
    """TSIG key, base64; belongs in a vault."""
    dns_hook: t.AbsolutePath | None = None
    """Program on the host that manages the TXT record `_acme-challenge.$CERTBOT_DOMAIN` with the
    value `$CERTBOT_VALIDATION`. Its first argument is `present` (add it and wait until it is
    published) or `cleanup` (remove it)."""

    @model_validator(mode="after")
    def _complete(self) -> Acme:
        needed: dict[str, tuple[str, ...]] = {
            "http": (),
            "rfc2136": ("dns_server", "dns_tsig_name", "dns_tsig_secret"),
            "hook": ("dns_hook",),
        }
        for key in needed[self.challenge]:
            if getattr(self, key) is None:
                raise refusal(
                    key,
                    f"a value, for registry_tls_challenge is {self.challenge}",
                    "Give it",
                    given="nothing",
                )
        if (self.eab_kid is None) != (self.eab_hmac is None):
            raise refusal("eab_kid", "to be given together with registry_tls_eab_hmac", "Give both")
        if self.staging and self.directory != LETS_ENCRYPT:
            raise refusal(
                "staging",
                "false, for registry_tls_directory is not Let's Encrypt's",
                "Give the address of your server's own staging directory",
            )
        return self

    @property
    def origin(self) -> str:
        """Source of the host's certificates, in one line."""
        return f"acme {self.server} {self.key_type}"

    @property
    def packages(self) -> tuple[str, ...]:
        """Debian packages that the mode needs on the host."""
        dns = ("python3-certbot-dns-rfc2136",) if self.challenge == "rfc2136" else ()
        return ("certbot", *dns)

    @property
    def asks_others(self) -> bool:
        """True: the host connects to the ACME server."""
        return True

    @property
    def acme(self) -> Acme:
        """These settings."""
        return self

    @property
    def server(self) -> str:
        """URL of the ACME directory in use."""
        return LETS_ENCRYPT_STAGING if self.staging else self.directory

    @property
    def client_ca(self) -> str | None:
        """CA certificate that clients have to trust, as PEM or a path; None if their system has
        it."""
        return self.ca
