"""Which certificates a host should have, and why it needs other ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from holdfast.certificates import checks, clients, places
from holdfast.certificates.folder import CERTIFICATE, Folder
from holdfast.certificates.own import own
from holdfast.certificates.private import Issuer
from holdfast.errors import InputError
from holdfast.settings import Settings
from holdfast.settings.tls import Acme, External, PrivateCA, origin


@dataclass(frozen=True)
class Occasion:
    """When certificates are looked at, and what may be done then."""

    now: datetime
    create: bool = False
    """Whether to make what is wanted; else only the reason is told."""
    renew: bool = False
    """Whether to renew even what is not due."""
    new_key: bool = False
    """Whether a renewal also makes a new key."""


@dataclass(frozen=True)
class Wanted:
    """What a host should have beside its generation; without a reason, nothing is to be done."""

    reason: str | None
    server: Mapping[str, str]
    """Files of the server's certificates by name, without keys."""
    keys: Mapping[str, SecretStr]
    """Keys that change, by the names of their files."""
    clients: Mapping[str, str] = field(default_factory=dict)
    """Files to check clients' certificates with."""
    obtain: bool = False
    """Whether the host itself gets the certificate, once the proxy serves."""


def ca_file(settings: Settings, inventory_directory: Path) -> Path | None:
    """Return the file of the authority that clients have to trust; None: the system's do."""
    tls = settings.tls
    if isinstance(tls, PrivateCA):
        return places.resolve(tls.ca_directory, inventory_directory) / CERTIFICATE
    if tls.ca is None or places.is_text(tls.ca):
        return None
    return places.resolve(tls.ca, inventory_directory)


def ca_text(settings: Settings, inventory_directory: Path) -> str | None:
    """Return the authority that clients have to trust, as PEM; None: the system's vouch already.

    Raises InputError when there should be one, and is none yet.
    """
    tls = settings.tls
    if isinstance(tls, PrivateCA):
        path = places.resolve(tls.ca_directory, inventory_directory) / CERTIFICATE
        if not path.exists():
            raise InputError(f"{path}: expected the authority, which is not made yet. Deploy first")
        return path.read_text()
    return places.read(tls.ca, inventory_directory, "registry_tls_ca") if tls.ca else None


def wanted(
    settings: Settings,
    inventory_directory: Path,
    present: Mapping[str, Mapping[str, str]],
    occasion: Occasion,
) -> Wanted:
    """Return the certificates that a host needs, when those that are `present` will not do.

    `present` has the files of `server` and of `clients` by name, as the host tells them. Raises
    InputError when what is given, or the authority, cannot be used.
    """
    now, create = occasion.now, occasion.create
    made = _server(settings, inventory_directory, dict(present.get("server", {})), occasion)
    trusted = clients.trust(settings, inventory_directory, now, create=create)
    reasons = [made.reason] if made.reason else []
    known = dict(present.get("clients", {}))
    if settings.mtls.crl_url and trusted and known.get("ca.pem") == trusted["ca.pem"]:
        trusted["crl.pem"] = known["crl.pem"]  # the host fetches a newer one by itself
    if trusted != known:
        reasons.append("authority of clients, or its revocation list")
    return Wanted("; ".join(reasons) or None, made.server, made.keys, trusted, made.obtain)


def _server(settings: Settings, folder: Path, server: dict[str, str], occasion: Occasion) -> Wanted:
    tls, source = settings.tls, origin(settings.tls)
    same = server.pop("origin", None) == source
    if isinstance(tls, External):
        return Wanted(None if same else "none: TLS ends elsewhere", {"origin": source}, {})
    if isinstance(tls, PrivateCA):
        return _private(settings, tls, folder, server if same else {}, occasion)
    if isinstance(tls, Acme) or tls.host_paths:
        return _host_gets(settings, server, same, occasion)
    public, keys = own(settings, tls, folder, occasion.now)
    differs = not same or _stripped(server) != _stripped(public)
    reason = "the given certificate" + (", for the present one differs" if server else "")
    return Wanted(reason if differs else None, {**public, "origin": source}, keys)


def folder_of(tls: PrivateCA, inventory_directory: Path) -> Folder:
    """Return the folder of the private authority that settings name."""
    phrase = tls.ca_passphrase.get_secret_value() if tls.ca_passphrase else None
    return Folder(places.resolve(tls.ca_directory, inventory_directory), phrase)


def _private(
    settings: Settings, tls: PrivateCA, base: Path, server: dict[str, str], occasion: Occasion
) -> Wanted:
    folder = folder_of(tls, base)
    authority = folder.open()
    if occasion.create:
        domains = tls.ca_domains or tuple(dict.fromkeys(map(_domain, settings.names)))
        authority = folder.open_or_create(domains[0], tls.ca_days, occasion.now, domains)
    beyond = [name for name in settings.names if authority and not authority.covers(name)]
    if authority and beyond:
        place = "registry_hostname" if settings.hostname in beyond else "registry_mirrors"
        raise InputError(
            f"{place}: {', '.join(beyond)}: the authority in {folder.path} may vouch for"
            f" {', '.join(authority.domains)} alone. Set registry_tls_ca_domains to all domains"
            " that it should cover, then: holdfast certificate rotate-ca"
        )
    issuer = Issuer(settings, tls, authority, occasion.now, occasion.renew, occasion.new_key)
    issued = issuer.issue(server)
    public = {**issued.public, "origin": origin(settings.tls)}
    return Wanted("; ".join(dict.fromkeys(issued.reasons)) or None, public, issued.keys)


def _host_gets(
    settings: Settings, server: dict[str, str], same: bool, occasion: Occasion
) -> Wanted:
    text = server.get("certificate.pem")
    reason = None
    if not same:
        reason = f"certificate from {origin(settings.tls).partition(' ')[2]}"
    elif text and checks.uncovered(checks.load(text)[0], settings.names):
        reason = "new certificate, for the present one has another name"
    elif occasion.renew:
        reason = "new certificate, as asked for"
    return Wanted(reason, {}, {}, obtain=reason is not None)


def _domain(hostname: str) -> str:
    """Return the domain of a host name: what is behind its first dot, when that has a dot, too."""
    above = hostname.partition(".")[2]
    return above if "." in above else hostname


def _stripped(files: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: text.split() for name, text in files.items()}
