"""Determine the certificates that a host needs, and why it needs new ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from holdfast.certificates import checks, clients, ownership, pem_source
from holdfast.certificates.authority import beyond
from holdfast.certificates.folder import CERTIFICATE, Folder
from holdfast.certificates.own import own
from holdfast.certificates.private import Issuer
from holdfast.errors import InputError
from holdfast.settings import Settings
from holdfast.settings.sections.tls import PrivateCA

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.certificates import (
        CertificateTexts,
    )


@dataclass(frozen=True)
class Occasion:
    """Time of a run, and the changes that it may make."""

    now: datetime
    create: bool = False
    """True to issue the certificates; else only the reason is determined."""
    renew: bool = False
    """True to renew certificates that are not due."""
    new_key: bool = False
    """True to generate a new key on renewal."""
    new_authority: bool = False
    """True if a new authority may replace the one that the host's clients know."""


@dataclass(frozen=True)
class Wanted:
    """Certificates that a host needs beside its generation. No reason: no change."""

    reason: str | None
    server: Mapping[str, str]
    """Server certificates by file name, without keys."""
    keys: Mapping[str, SecretStr]
    """New keys by file name."""
    clients: Mapping[str, str] = field(default_factory=dict)
    """Files by which client certificates are checked."""
    obtain: bool = False
    """True if the host obtains the certificate itself, once the proxy serves."""


def ca_file(settings: Settings, inventory_directory: Path) -> Path | None:
    """Return the file of the authority that clients have to trust; None if the system's store has
    it."""
    authority, ca = settings.tls.private_authority, settings.tls.client_ca
    if authority:
        return pem_source.resolve(authority.ca_directory, inventory_directory) / CERTIFICATE
    return (
        None
        if ca is None or pem_source.is_text(ca)
        else pem_source.resolve(ca, inventory_directory)
    )


def ca_text(settings: Settings, inventory_directory: Path) -> str | None:
    """Return the authority that clients have to trust, as PEM; None if the system's store has it.

    Raises InputError if its file does not exist yet.
    """
    authority, ca = settings.tls.private_authority, settings.tls.client_ca
    if authority:
        path = pem_source.resolve(authority.ca_directory, inventory_directory) / CERTIFICATE
        if not path.exists():
            raise InputError(
                f"{path}: expected the authority that clients trust, found none. Copy it from the"
                " machine that deployed before. Nobody has deployed yet? Run: holdfast deploy"
            )
        return path.read_text()
    return pem_source.read(ca, inventory_directory, "registry_tls_ca") if ca else None


def wanted(
    settings: Settings,
    inventory_directory: Path,
    present: CertificateTexts | None,
    occasion: Occasion,
) -> Wanted:
    """Return the certificates that a host needs, with the reason if they differ from `present`.

    `present` has the certificates of the host; None if it has none yet. Raises InputError if a
    given certificate or the authority is unusable.
    """
    now, create = occasion.now, occasion.create
    there: CertificateTexts = present or {"server": {}, "clients": {}}
    made = _server(settings, inventory_directory, dict(there.get("server", {})), occasion)
    known = dict(there.get("clients", {}))
    if not occasion.new_authority:
        clients.check_ownership(settings, inventory_directory, known)
    trusted = clients.files(settings, inventory_directory, now, create=create)
    reasons = [made.reason] if made.reason else []
    if settings.mtls.crl_url and trusted and known.get("ca.pem") == trusted["ca.pem"]:
        trusted["crl.pem"] = known["crl.pem"]  # the host fetches a newer one by itself
    if trusted != known:
        reasons.append("authority of clients, or its revocation list")
    return Wanted("; ".join(reasons) or None, made.server, made.keys, trusted, made.obtain)


def _server(settings: Settings, folder: Path, server: dict[str, str], occasion: Occasion) -> Wanted:
    tls, source = settings.tls, settings.tls.origin
    same = server.pop("origin", None) == source
    if not tls.terminates_here:
        return Wanted(None if same else "none: TLS ends elsewhere", {"origin": source}, {})
    if tls.private_authority:
        known = server if same else {}
        return _private(settings, tls.private_authority, folder, known, occasion)
    if tls.own is None or tls.host_paths:
        return _host_gets(settings, server, same, occasion)
    public, keys = own(settings, tls.own, folder, occasion.now)
    differs = not same or _stripped(server) != _stripped(public)
    reason = "the given certificate" + (", for the present one differs" if server else "")
    return Wanted(reason if differs else None, {**public, "origin": source}, keys)


def folder_of(tls: PrivateCA, inventory_directory: Path) -> Folder:
    """Return the folder of the private authority."""
    phrase = tls.ca_passphrase.get_secret_value() if tls.ca_passphrase else None
    key = tls.ca_key.get_secret_value() if tls.ca_key else None
    return Folder(pem_source.resolve(tls.ca_directory, inventory_directory), phrase, key)


def _private(
    settings: Settings, tls: PrivateCA, base: Path, server: dict[str, str], occasion: Occasion
) -> Wanted:
    folder = folder_of(tls, base)
    authority = folder.open()
    if not occasion.new_authority:
        ownership.check_server(folder, authority, server, settings.hostname)
    if occasion.create:
        domains = tls.ca_domains or tuple(dict.fromkeys(map(_domain, settings.names)))
        authority = folder.open_or_create(domains[0], tls.ca_days, occasion.now, domains)
    outside = beyond(authority.domains, settings.names) if authority else []
    if authority and outside:
        place = "registry_hostname" if settings.hostname in outside else "registry_mirrors"
        raise InputError(
            f"{place}: {', '.join(outside)}: the authority in {folder.path} is limited to"
            f" {', '.join(authority.domains)}. Set registry_tls_ca_domains to all domains"
            " that it should cover, then run: holdfast certificate rotate-ca && holdfast deploy"
        )
    issuer = Issuer(settings, tls, authority, occasion.now, occasion.renew, occasion.new_key)
    issued = issuer.issue(server)
    public = {**issued.public, "origin": settings.tls.origin}
    return Wanted("; ".join(dict.fromkeys(issued.reasons)) or None, public, issued.keys)


def _host_gets(
    settings: Settings, server: dict[str, str], same: bool, occasion: Occasion
) -> Wanted:
    text = server.get("certificate.pem")
    reason = None
    if not same:
        reason = f"certificate from {settings.tls.origin.partition(' ')[2]}"
    elif text and checks.uncovered(checks.load(text)[0], settings.names):
        reason = "new certificate, for the present one has another name"
    elif occasion.renew:
        reason = "new certificate, as requested"
    return Wanted(reason, {}, {}, obtain=reason is not None)


def _domain(hostname: str) -> str:
    """Return the domain of a host name: the part after its first dot, if that has a dot itself."""
    above = hostname.partition(".")[2]
    return above if "." in above else hostname


def _stripped(files: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: text.split() for name, text in files.items()}
