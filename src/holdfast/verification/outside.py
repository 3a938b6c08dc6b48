"""Looking at a registry from outside, as its clients and its attackers do."""

from __future__ import annotations

import hashlib
import http.client
import socket
import ssl
from dataclasses import dataclass

from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    Client,
    Reply,
    over_plain,
    over_tls,
)
from cryptography import x509

from holdfast.settings.tls import External
from holdfast.verification.target import Target

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Handshake:
    """What a TLS handshake agreed on."""

    version: str
    cipher: str
    certificate: x509.Certificate
    fingerprint: str
    """SHA-256 of the server's certificate."""


@dataclass(frozen=True)
class Endpoint:
    """Where clients reach the registry."""

    host: str
    address: str
    port: int
    cafile: str | None
    tls: bool = True
    """False: the place behind a load balancer, which is the one that speaks TLS."""
    pair: tuple[str, str] | None = None
    """Files of a client's certificate and its key."""
    seconds: float = TIMEOUT_SECONDS
    """How long to wait for a server that is asked without TLS."""

    @classmethod
    def of(cls, target: Target) -> Endpoint:
        """Return the place at which a host's settings promise a registry."""
        name, tls = target.settings.hostname, target.settings.tls
        if target.address and isinstance(tls, External):
            return cls(name, target.address, tls.plain_port, None, tls=False)
        cafile = str(target.cafile) if target.cafile else None
        pair = (str(target.pair[0]), str(target.pair[1])) if target.pair else None
        port = target.settings.proxy.port
        return cls(name, target.address or name, port, cafile, pair=pair)

    def client(self, *, certified: bool = True) -> Client:
        """Return a client that verifies the server, without a login; with or without its pair."""
        if not self.tls:
            return over_plain(self.host, self.port, address=self.address, timeout=TIMEOUT_SECONDS)
        return over_tls(
            self.host,
            self.port,
            address=self.address,
            cafile=self.cafile,
            timeout=TIMEOUT_SECONDS,
            pair=self.pair if certified else None,
        )

    def open(self, seconds: float = TIMEOUT_SECONDS) -> socket.socket:
        """Return a connection as clients make it, verified, for bytes of one's own."""
        plain = socket.create_connection((self.address, self.port), seconds)
        if not self.tls:
            return plain
        return self.context().wrap_socket(plain, server_hostname=self.host)

    def context(self) -> ssl.SSLContext:
        """Return what clients trust, and the certificate that they show."""
        context = ssl.create_default_context(cafile=self.cafile)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        if self.pair:
            context.load_cert_chain(*self.pair)
        return context

    def verified(self) -> Handshake:
        """Shake hands as clients do; ssl.SSLCertVerificationError when they would refuse."""
        return self.handshake(ssl.create_default_context(cafile=self.cafile), self.host)

    def handshake(self, context: ssl.SSLContext, name: str) -> Handshake:
        """Shake hands and ask for a name; ssl.SSLError when one of the two sides refuses."""
        with (
            socket.create_connection((self.address, self.port), TIMEOUT_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=name) as secured,
        ):
            certificate = secured.getpeercert(binary_form=True) or b""
            cipher = secured.cipher()
            return Handshake(
                secured.version() or "",
                cipher[0] if cipher else "",
                x509.load_der_x509_certificate(certificate),
                hashlib.sha256(certificate).hexdigest(),
            )

    def plain(self, port: int, path: str, host: str) -> Reply:
        """Send one GET without TLS to a port; OSError or HTTPException when nothing answers."""
        connection = http.client.HTTPConnection(self.address, port, timeout=self.seconds)
        try:
            connection.request("GET", path, headers={"Host": host})
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()


def any_certificate(
    lowest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    highest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
) -> ssl.SSLContext:
    """Return a context that trusts everybody, for questions that are not about trust.

    It offers all that this machine's OpenSSL can still do, so that a refusal is the server's.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = lowest
    context.maximum_version = highest
    return context
