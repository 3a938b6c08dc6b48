"""Client certificates: holdfast's own authority for them, and its revocation list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from holdfast.certificates import building, checks, ownership, pem_source
from holdfast.certificates.authority import Authority, Pair
from holdfast.certificates.folder import Folder
from holdfast.errors import InputError, RefusedError
from holdfast.settings import Settings

CRL = "crl.pem"
DAYS = 3650
"""Validity of the client authority and its revocation list, in days."""


def files(
    settings: Settings, inventory_directory: Path, now: datetime, *, create: bool
) -> dict[str, str]:
    """Return the files by which a host checks client certificates, by file name; empty if none.

    Raises InputError if a given certificate or list is invalid.
    """
    mtls = settings.mtls
    if mtls.verify == "off":
        return {}
    if mtls.ca is None:
        folder = Clients(Folder(pem_source.resolve(mtls.ca_directory, inventory_directory)))
        return folder.files(settings.hostname, now, create=create)
    found = {"ca.pem": pem_source.read(mtls.ca, inventory_directory, "registry_mtls_ca")}
    _must_load(found["ca.pem"])
    if mtls.crl:
        found[CRL] = pem_source.read(mtls.crl, inventory_directory, "registry_mtls_crl")
        _must_fit(found[CRL], found["ca.pem"], now)
    return found


def check_ownership(
    settings: Settings, inventory_directory: Path, known: Mapping[str, str]
) -> None:
    """Raise RefusedError if the host accepts certificates of an authority not held here.

    `known` has the files by which the host now checks client certificates.
    """
    mtls = settings.mtls
    if mtls.verify != "off" and mtls.ca is None:
        folder = Folder(pem_source.resolve(mtls.ca_directory, inventory_directory))
        ownership.check_clients(folder, folder.open(), known, settings.hostname)


def probe_pair(
    settings: Settings, inventory_directory: Path, now: datetime
) -> tuple[str, str] | None:
    """Return a client certificate for one day and its key, for tests; None if none can be
    issued."""
    mtls = settings.mtls
    if mtls.verify == "off" or mtls.ca is not None:
        return None
    folder = Folder(pem_source.resolve(mtls.ca_directory, inventory_directory))
    try:
        authority = folder.open()
    except RefusedError:  # a clone without the key
        authority = None
    if authority is None:
        return None
    pair = authority.issue_client("holdfast", 1, now)
    return pair.certificate_pem, pair.key_pem


@dataclass(frozen=True)
class Clients:
    """The client authority. `issued/` has the certificates it issued, `crl.pem` the revoked
    ones."""

    folder: Folder

    def files(self, hostname: str, now: datetime, *, create: bool) -> dict[str, str]:
        """Return the authority's certificate and list; `create` creates them if they are
        missing."""
        if create:
            self._open(hostname, now)
        authority, list_file = self.folder.open(), self.folder.path / CRL
        if authority is None:
            return {"ca.pem": "", CRL: ""}
        return {"ca.pem": authority.root_pem, CRL: list_file.read_text()}

    def issue(self, hostname: str, name: str, days: int, now: datetime) -> Pair:
        """Issue a certificate and key for a client. The certificate is also stored in the
        folder."""
        authority = self._open(hostname, now)
        issued = self.folder.path / "issued"
        issued.mkdir(mode=0o700, exist_ok=True)
        if (issued / f"{name}.crt").exists():
            raise InputError(
                f"{name}: expected a client without a certificate, found one in {issued}."
                f" Revoke it first: holdfast client certificate {name} --revoke"
            )
        pair = authority.issue_client(name, days, now)
        self.folder.keep(f"issued/{name}.crt", pair.certificate_pem, 0o644)
        return pair

    def revoke(self, hostname: str, name: str, now: datetime) -> None:
        """Revoke a client's certificate. Hosts get the new list with the next deploy."""
        kept = self.folder.path / "issued" / f"{name}.crt"
        if not kept.exists():
            known = ", ".join(sorted(path.stem for path in kept.parent.glob("*.crt"))) or "nobody"
            raise InputError(f"{name}: expected a client with a certificate, known are: {known}")
        authority = self._open(hostname, now)
        revoked = list(self._list() or ())
        revoked.append(_entry(checks.load(kept.read_text())[0], now))
        with self.folder.locked():
            self.folder.keep(CRL, _signed(authority, revoked, now), 0o644)
        kept.rename(kept.with_name(f"{name}.{now:%Y%m%d%H%M%S}.revoked"))

    def _open(self, hostname: str, now: datetime) -> Authority:
        authority = self.folder.open_or_create(f"clients of {hostname}", DAYS, now)
        with self.folder.locked():
            if self._list() is None:
                self.folder.keep(CRL, _signed(authority, [], now), 0o644)
        return authority

    def _list(self) -> x509.CertificateRevocationList | None:
        path = self.folder.path / CRL
        return x509.load_pem_x509_crl(path.read_bytes()) if path.exists() else None


def _entry(certificate: x509.Certificate, now: datetime) -> x509.RevokedCertificate:
    made = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
    return made.revocation_date(now).build()


def _signed(authority: Authority, revoked: list[x509.RevokedCertificate], now: datetime) -> str:
    # It is as long valid as the authority: an expired list would keep every client out, and a
    # deploy brings a new one as soon as there is one.
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(now - building.BACKDATED)
        .next_update(authority.certificate.not_valid_after_utc)
        .add_extension(building.signed_by(authority.certificate), critical=False)
        .add_extension(x509.CRLNumber(len(revoked) + 1), critical=False)
    )
    for one in revoked:
        made = made.add_revoked_certificate(one)
    signed = made.sign(authority.key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def _must_load(text: str) -> None:
    try:
        checks.load(text)
    except ValueError as error:
        raise InputError(f"registry_mtls_ca: expected PEM certificates, got: {error}") from error


def _must_fit(crl_pem: str, ca_pem: str, now: datetime) -> None:
    try:
        found = x509.load_pem_x509_crl(crl_pem.encode())
    except ValueError as error:
        raise InputError(f"registry_mtls_crl: expected a CRL as PEM, got: {error}") from error
    if not any(found.is_signature_valid(one.public_key()) for one in checks.load(ca_pem)):  # type: ignore[arg-type]
        raise InputError("registry_mtls_crl: is not signed by registry_mtls_ca. Give its own list")
    until = found.next_update_utc
    if until and until <= now:
        raise InputError(
            f"registry_mtls_crl: expired on {until:%Y-%m-%d}, and an expired list keeps every"
            " client out. Fetch a new one, or set registry_mtls_crl_url"
        )
