"""The sections on certificates: where the server's comes from, and whether clients show one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.types import Expect

KeyType = Literal["ecdsa", "rsa", "both"]
LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
LETS_ENCRYPT_STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"


class _Served(Section):
    """A mode in which the proxy ends TLS itself."""

    profile: Literal["intermediate", "modern"] = "intermediate"
    """`intermediate` offers TLS 1.2 and 1.3, `modern` 1.3 alone."""
    hsts_seconds: Annotated[
        int, Field(ge=0, le=126144000), Expect("seconds from 0 (no header) to 126144000")
    ] = 63072000
    """Seconds for which a browser that was here once insists on https (HSTS)."""
    warn_days: t.Days = 14
    """With fewer days left than this, `status`, `verify` and the metrics complain."""


class _Made(_Served):
    """A mode in which keys are made for the host, and certificates renewed."""

    key_type: KeyType = "ecdsa"
    """ECDSA P-256, RSA (2048 bits), or a certificate of each for clients that know no ECDSA."""
    renew_days: t.Days = 30
    """A certificate is renewed when fewer days than this are left."""


class PrivateCA(_Made):
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


class OwnCertificate(_Served):
    """A certificate that you bring."""

    mode: Literal["own"]
    certificate: t.CertificatePlace
    """Server certificate with its intermediates, server certificate first."""
    key: t.KeyPlace
    """Its private key."""
    key_passphrase: t.Passphrase | None = None
    """Passphrase of the keys; belongs in a vault. On the host they lie without it."""
    rsa_certificate: t.CertificatePlace | None = None
    """A second certificate, with an RSA key, for clients that know no ECDSA."""
    rsa_key: t.KeyPlace | None = None
    """The private key of the second certificate."""
    ca: t.PemOrPath | None = None
    """Root that clients should trust, when it is not in every system's store."""
    stapling: bool = False
    """Whether the proxy shows a fresh OCSP answer; the certificate has to name a responder."""

    @model_validator(mode="after")
    def _whole(self) -> OwnCertificate:
        if (self.rsa_certificate is None) != (self.rsa_key is None):
            raise PydanticCustomError(
                "holdfast_pair",
                "rsa_certificate|to be given together with registry_tls_rsa_key|Give both, or none",
            )
        on_host = {t.on_host(self.certificate), t.on_host(self.key.get_secret_value())}
        if len(on_host) > 1 or (True in on_host and (self.key_passphrase or self.rsa_key)):
            raise PydanticCustomError(
                "holdfast_host_pair",
                "certificate|certificate and key in the same place|On the host (host:/path) there"
                " are two files, without a passphrase, and no second pair",
            )
        if self.stapling and self.rsa_certificate:
            raise PydanticCustomError(
                "holdfast_stapling",
                "stapling|false, for there are two certificates, and nginx would show the same"
                " OCSP answer with both|Give one certificate, or no answers",
            )
        return self

    @property
    def host_paths(self) -> tuple[str, str] | None:
        """Paths of certificate and key, when they lie on the host."""
        if not t.on_host(self.certificate):
            return None
        return t.host_path(self.certificate), t.host_path(self.key.get_secret_value())


class Acme(_Made):
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


class External(Section):
    """TLS ends at a load balancer of your own; the proxy speaks plain HTTP to it alone."""

    mode: Literal["external"]
    plain_port: t.Port = 8080
    """Port for plain HTTP. Clients go to `registry_proxy_port` of the load balancer."""
    plain_addresses: Annotated[
        tuple[t.Address, ...],
        Field(min_length=1, strict=False),
        Expect("a list of addresses of the host"),
    ] = ("127.0.0.1",)
    """Addresses to listen on."""
    trusted_proxies: Annotated[
        tuple[t.Network, ...],
        Field(min_length=1, strict=False),
        Expect("a list of addresses or networks", 'e.g. ["127.0.0.1", "10.0.0.0/28"]'),
    ]
    """Who may connect, and whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    ca: t.PemOrPath | None = None
    """Root that clients should trust, when it is not in every system's store."""


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


Tls = Annotated[PrivateCA | OwnCertificate | Acme | External, Field(discriminator="mode")]


def origin(tls: Tls) -> str:
    """Return a line that says where the certificates of a host come from."""
    if isinstance(tls, Acme):
        return f"acme {tls.server} {tls.key_type}"
    if isinstance(tls, OwnCertificate) and tls.host_paths:
        return "host " + " ".join(tls.host_paths)
    return tls.mode
