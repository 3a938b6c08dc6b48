"""Read and check a certificate that the user provides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from holdfast.certificates import building, checks, pem_source
from holdfast.certificates.folder import load_key
from holdfast.certificates.private import kind_of
from holdfast.errors import InputError
from holdfast.settings import Settings
from holdfast.settings.sections.tls import OwnCertificate

PREFIX = "registry_tls_"


def own(
    settings: Settings, tls: OwnCertificate, folder: Path, now: datetime
) -> tuple[dict[str, str], dict[str, SecretStr]]:
    """Return the given certificates and their keys, by file name on the host.

    Raises InputError with all errors.
    """
    given = [("", tls.certificate, tls.key)]
    if tls.rsa_certificate and tls.rsa_key:
        given.append(("rsa_", tls.rsa_certificate, tls.rsa_key))
    ca = pem_source.read(tls.ca, folder, f"{PREFIX}ca") if tls.ca else None
    phrase = tls.key_passphrase.get_secret_value() if tls.key_passphrase else None
    public, keys, complaints = {}, {}, []
    for prefix, certificate, key in given:
        text = pem_source.read(certificate, folder, f"{PREFIX}{prefix}certificate")
        found = checks.examine(text, settings.names, now, ca)
        complaints += [f"{PREFIX}{_place(line, prefix)}" for line in found]
        secret = pem_source.read(key.get_secret_value(), folder, f"{PREFIX}{prefix}key")
        private = load_key(secret.encode(), phrase, f"{PREFIX}{prefix}key")
        if not found and not checks.fits(text, private):
            complaints.append(
                f"{PREFIX}{prefix}key: does not belong to the certificate."
                " Give the key it was made with"
            )
        name = prefix.replace("_", "-")
        public[f"{name}certificate.pem"] = text
        keys[f"{name}key.pem"] = SecretStr(building.private_pem(private))
    complaints += [] if complaints else _kinds(public, tls)
    if complaints:
        raise InputError(*complaints)
    return public, keys


def _place(line: str, prefix: str) -> str:
    return line if line.startswith("ca:") else prefix + line


def _kinds(public: dict[str, str], tls: OwnCertificate) -> Iterator[str]:
    kinds = [kind_of(checks.load(text)[0]) for text in public.values()]
    if len(kinds) > 1 and kinds != ["ecdsa", "rsa"]:
        yield (
            f"{PREFIX}rsa_certificate: expected an ECDSA certificate and an RSA one beside it, got"
            f" {' and '.join(kinds)}. Give one of each kind, or one alone"
        )
    chain = checks.load(public["certificate.pem"])
    if tls.stapling and not checks.responder(chain[0]):
        yield f"{PREFIX}stapling: the certificate names no OCSP responder. Set it to false"
    elif tls.stapling and len(chain) == 1:
        yield (
            f"{PREFIX}stapling: expected the certificate that signed the first one in"
            f" {PREFIX}certificate, which OCSP requests need. Add it"
        )
