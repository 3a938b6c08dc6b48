"""Connect to a registry from outside, with or without verification, by TLS or plain."""

from __future__ import annotations

import hashlib
import socket
import ssl
from dataclasses import dataclass, replace

from ansible_collections.holdfast.registry.plugins.module_utils.registry import (
    http as registry_http,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    RegistryError,
    Reply,
)
from cryptography import x509

from holdfast.verification import evidence
from holdfast.verification.target import Target

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Handshake:
    """The parameters that a TLS handshake agreed on."""

    version: str
    cipher: str
    certificate: x509.Certificate
    fingerprint: str
    """SHA-256 of the server's certificate."""


@dataclass(frozen=True)
class Endpoint:
    """The address at which clients reach the registry."""

    host: str
    address: str
    port: int
    cafile: str | None
    tls: bool = True
    """False behind a load balancer that ends TLS."""
    pair: tuple[str, str] | None = None
    """Files of a client's certificate and its key."""
    seconds: float = TIMEOUT_SECONDS
    """Time-out of requests without TLS."""
    issuer: tuple[str, str] = "", ""
    """Realm of an issuer of tokens elsewhere, and PEM of its authority."""

    @classmethod
    def of(cls, target: Target) -> Endpoint:
        """Return the endpoint in a host's settings."""
        name = target.settings.hostname
        port, encrypted = target.settings.ports[0]
        external = target.settings.auth.external_token
        issuer = (external.realm, target.issuer_ca) if external else ("", "")
        if target.address and not encrypted:
            return cls(name, target.address, port, None, tls=False, issuer=issuer)
        cafile = str(target.cafile) if target.cafile else None
        pair = (str(target.pair[0]), str(target.pair[1])) if target.pair else None
        port = port if target.address else target.settings.public_port
        return cls(name, target.address or name, port, cafile, pair=pair, issuer=issuer)

    def client(self, *, certified: bool = True) -> Client:
        """Return a client without a login that verifies the server; `certified` presents the
        pair."""
        if not self.tls:
            return self._plain_client(self.port, TIMEOUT_SECONDS)
        pair = self.pair if certified else None
        place = self.host, self.port, self.address, self.cafile, TIMEOUT_SECONDS
        return self._client(registry_http.over_tls(*place, pair))

    def open(self, seconds: float = TIMEOUT_SECONDS) -> socket.socket:
        """Return a verified connection, as clients make it, for raw bytes."""
        plain = socket.create_connection((self.address, self.port), seconds)
        if not self.tls:
            return plain
        return self.context().wrap_socket(plain, server_hostname=self.host)

    def context(self) -> ssl.SSLContext:
        """Return the TLS context of clients: their authority, and their certificate if any."""
        context = ssl.create_default_context(cafile=self.cafile)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        if self.pair:
            context.load_cert_chain(*self.pair)
        return context

    def verified(self) -> Handshake:
        """Shake hands as clients do. Raises ssl.SSLCertVerificationError if they would refuse."""
        return self.handshake(ssl.create_default_context(cafile=self.cafile), self.host)

    def handshake(self, context: ssl.SSLContext, name: str) -> Handshake:
        """Shake hands with a name as SNI. Raises ssl.SSLError if one side refuses."""
        with (
            socket.create_connection((self.address, self.port), TIMEOUT_SECONDS) as plain,
            self._secured(plain, context, name) as secured,
        ):
            certificate = secured.getpeercert(binary_form=True) or b""
            cipher = secured.cipher()
            agreed = Handshake(
                secured.version() or "",
                cipher[0] if cipher else "",
                x509.load_der_x509_certificate(certificate),
                hashlib.sha256(certificate).hexdigest(),
            )
        shown = f"certificate {agreed.fingerprint[:16]}…"
        evidence.note(f"TLS for {name} → {agreed.version}, {agreed.cipher}, {shown}")
        return agreed

    def _secured(self, plain: socket.socket, context: ssl.SSLContext, name: str) -> ssl.SSLSocket:
        try:
            return context.wrap_socket(plain, server_hostname=name)
        except ssl.SSLError as error:
            evidence.note(f"TLS for {name} → refused: {error.reason}")
            raise

    def _plain_client(self, port: int, seconds: float) -> Client:
        return self._client(registry_http.over_plain(self.host, port, self.address, seconds))

    def _client(self, connection: registry_http.Connection) -> Client:
        connection.seen, connection.issuer = evidence.note_request, self.issuer
        return Client(connection)

    def plain(self, port: int, path: str, host: str) -> Reply:
        """Send one GET without TLS. Raises RegistryError if nothing answers."""
        client = replace(self, host=host)._plain_client(port, self.seconds)
        try:
            return client.request("GET", path)
        except RegistryError:
            evidence.note(f"GET http port {port} {path} → no answer")
            raise
        finally:
            client.close()


def any_certificate(
    lowest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    highest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
) -> ssl.SSLContext:
    """Return a context that trusts every certificate, for checks that are not about trust.

    It offers everything that this machine's OpenSSL can do, so that a refusal is the server's.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = lowest
    context.maximum_version = highest
    return context
