"""Which certificate a host should have, and why it needs another one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from holdfast.certificates import checks
from holdfast.certificates.authority import CERTIFICATE, Authority
from holdfast.errors import InputError
from holdfast.settings import Settings
from holdfast.settings.sections import OwnCertificate, PrivateCA


@dataclass(frozen=True)
class Wanted:
    """What is to be put on a host; without a reason, nothing is."""

    reason: str | None
    certificate: str | None = None
    key: SecretStr | None = None


def ca_file(settings: Settings, inventory_directory: Path) -> Path | None:
    """Return the file of the authority that clients have to trust; None: the system's do."""
    tls = settings.tls
    if isinstance(tls, PrivateCA):
        return _folder(tls, inventory_directory) / CERTIFICATE
    if tls.ca is None or "-----BEGIN" in tls.ca:
        return None
    return inventory_directory / Path(tls.ca).expanduser()


def wanted(
    settings: Settings,
    inventory_directory: Path,
    present_pem: str | None,
    now: datetime,
    *,
    create: bool,
) -> Wanted:
    """Return the certificate that a host needs, when the one that is present will not do.

    Without `create` nothing is made, and only the reason is told. Raises InputError when the given
    certificate, or the authority, cannot be used.
    """
    if isinstance(settings.tls, OwnCertificate):
        return _own(settings.tls, settings.hostname, inventory_directory, present_pem, now)
    folder = _folder(settings.tls, inventory_directory)
    reason = _due(settings, Authority.open(folder), present_pem, now)
    if not (reason and create):
        return Wanted(reason)
    tls = settings.tls
    authority = Authority.open_or_create(folder, settings.hostname, tls.ca_days, now)
    pair = authority.issue(settings.hostname, tls.days, now)
    return Wanted(reason, pair.certificate_pem, SecretStr(pair.key_pem))


def _due(
    settings: Settings, authority: Authority | None, present_pem: str | None, now: datetime
) -> str | None:
    assert isinstance(settings.tls, PrivateCA)
    days = settings.tls.days
    made = f"new certificate for {days} days"
    if present_pem is None:
        return f"{made}, the first one"
    if authority is None:
        return f"{made}, by a new authority"
    try:
        present = checks.load(present_pem)[0]
    except ValueError:
        return f"{made}, for the present one cannot be read"
    if not checks.issued_by(present, authority.certificate):
        return f"{made}, for the present one is of another authority"
    if settings.hostname not in checks.names(present):
        return f"{made}, for the present one has another name"
    left = checks.days_left(present, now)
    return f"{made}, for {left:.0f} are left" if left < settings.tls.renew_days else None


def _own(
    tls: OwnCertificate, hostname: str, folder: Path, present_pem: str | None, now: datetime
) -> Wanted:
    certificate = _text(tls.certificate, folder, "certificate")
    key = _text(tls.key.get_secret_value(), folder, "key")
    ca = _text(tls.ca, folder, "ca") if tls.ca else None
    complaints = checks.examine(certificate, hostname, now, key, ca)
    if complaints:
        raise InputError(*(f"registry_tls_{complaint}" for complaint in complaints))
    if present_pem is not None and present_pem.split() == certificate.split():
        return Wanted(None)
    reason = "the given certificate" + (", for the present one differs" if present_pem else "")
    return Wanted(reason, certificate, SecretStr(key))


def _text(value: str, folder: Path, name: str) -> str:
    """Return PEM text that is given itself, or by the path of its file."""
    if "-----BEGIN" in value:
        return value
    path = folder / Path(value).expanduser()
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not PEM"
        raise InputError(
            f"registry_tls_{name}: expected PEM text or the path of a file with it, got a path that"
            f" cannot be read ({reason}). A relative path counts from the inventory's folder"
        ) from error


def _folder(tls: PrivateCA, inventory_directory: Path) -> Path:
    return inventory_directory / Path(tls.ca_directory).expanduser()
