"""Verify that a certificate and its key can serve a name, by a TLS handshake in memory.

OpenSSL checks as both ends of a connection: name, dates, order of the chain, strength of the keys
and signatures, and that certificate and key belong together.
"""

from __future__ import annotations

import os
import ssl
from datetime import datetime, timezone

from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

END = "-----END CERTIFICATE-----"


def prove(folder: str, certificate: str, key: str, hostname: str) -> None:
    """Perform a TLS handshake with ourselves. Raises StepError with the reason if it fails."""
    path = os.path.join(folder, certificate)
    try:
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(path, os.path.join(folder, key), password=_no_passphrase)
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # Clients check the authority above the chain; here the chain's own end is trusted.
        client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        with open(path, encoding="utf-8") as stream:
            client.load_verify_locations(cadata=chain(stream.read())[-1])
        _shake(server, client, hostname)
    except (OSError, ValueError) as error:
        reason = getattr(error, "verify_message", None) or getattr(error, "reason", None) or error
        said = _plain(str(reason)).rstrip(".")
        raise StepError(
            f"the certificate cannot serve {hostname}: {said}",
            [f"this host's clock says {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC"],
        ) from error


def chain(pem: str) -> list[str]:
    """Return the certificates of a PEM text. Raises ValueError if there is none."""
    found = [part + END + "\n" for part in pem.split(END) if "-----BEGIN CERTIFICATE" in part]
    if not found:
        raise ValueError("no PEM certificate")
    return found


def _shake(server: ssl.SSLContext, client: ssl.SSLContext, hostname: str) -> None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=hostname),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(10):
        for end in list(ends):
            try:
                end.do_handshake()
                ends.remove(end)
            except ssl.SSLWantReadError:
                continue
        if not ends:
            return
    raise ValueError("the handshake does not end")


def _no_passphrase() -> str:
    raise ValueError("the key has a passphrase; give it without one")


def _plain(reason: str) -> str:
    return {
        "KEY_VALUES_MISMATCH": "the key does not belong to the certificate",
        "EE_KEY_TOO_SMALL": "the key is shorter than 2048 bits",
        "CA_KEY_TOO_SMALL": "a key in the chain is shorter than 2048 bits",
        "CA_MD_TOO_WEAK": "a signature in the chain is SHA-1 or MD5",
        "EE_MD_TOO_WEAK": "the signature is SHA-1 or MD5",
    }.get(reason, reason)
