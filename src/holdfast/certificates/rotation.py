"""Rotate the authority, with a period in which clients may know either one."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509

from holdfast.certificates import building, checks
from holdfast.certificates.authority import Authority, beyond
from holdfast.certificates.folder import CERTIFICATE, CROSS, FORMER, KEY, PREVIOUS, Folder, load_key
from holdfast.errors import InputError
from holdfast.settings.sections.tls import PrivateCA


def rotate(folder: Folder, names: Sequence[str], tls: PrivateCA, now: datetime) -> list[str]:
    """Create the next authority, cross-signed by the current one.

    Servers then also send the cross-signed certificate: clients that know only the old authority
    and clients that know only the new one both trust them. Returns the servers' names that the old
    authority is not allowed to certify; they have no such overlap. Without `tls.ca_domains` the new
    authority gets the domains of the old one. Raises InputError if there is no authority, a
    rotation is under way, the current authority cannot cross-sign, or the new one would not cover
    the names.
    """
    with folder.locked():
        old = folder.open()
        if old is None:
            raise InputError(f"{folder.path}: has no authority yet. The first deploy makes one")
        if (folder.path / PREVIOUS).exists():
            raise InputError(
                f"{folder.path / PREVIOUS}: a rotation is under way. When every client knows the"
                " new authority: holdfast certificate rotate-ca --finish"
            )
        _must_vouch(old, folder.path)
        domains = tls.ca_domains or old.domains
        if outside := beyond(domains, names):
            raise InputError(
                f"registry_tls_ca_domains: expected the domains of {', '.join(names)}, got"
                f" {', '.join(domains)}, without {', '.join(outside)}. Add them"
            )
        made = Authority.create(domains[0] if domains else names[0], tls.ca_days, now, domains)
        cross = old.cross_sign(made.certificate, now)
        _set_aside(folder)
        folder.keep(CROSS, building.pem(cross), 0o644)
        folder.write(made)
        return beyond(old.domains, names)


def finish(folder: Folder) -> None:
    """End the rotation. Raises InputError if none is under way."""
    if not (folder.path / PREVIOUS).exists():
        raise InputError(f"{folder.path}: no rotation is under way. holdfast certificate rotate-ca")
    with folder.locked():
        # A host that was not deployed meanwhile still shows a certificate by the one before.
        folder.keep(FORMER, "".join(map(building.pem, folder.former())), 0o644)
        (folder.path / CROSS).unlink(missing_ok=True)
        shutil.rmtree(folder.path / PREVIOUS)


def take_in(
    folder: Folder, certificate: Path, key: Path, passphrase: str | None, now: datetime
) -> Authority:
    """Adopt an existing authority; its file may also contain its issuers.

    `passphrase` decrypts the given key; the folder's own passphrase encrypts the stored one. Raises
    InputError if the certificate cannot be an authority for servers, or the folder has one already.
    """
    with folder.locked():
        if folder.open():
            raise InputError(f"{folder.path}: has an authority already. Move it away first")
        try:
            chain = checks.load(certificate.read_text())
            secret = load_key(key.read_bytes(), passphrase, key)
        except (OSError, ValueError) as error:
            raise InputError(f"{certificate}: expected PEM certificates, got: {error}") from error
        made = Authority(chain[0], secret, tuple(chain[1:]))
        complaints = list(checks.authority(chain, now))
        if secret.public_key() != chain[0].public_key():
            complaints.append("does not belong to the given key. Give the key it was made with")
        if complaints:
            raise InputError(*(f"{certificate}: {complaint}" for complaint in complaints))
        folder.write(made)
        return made


def _set_aside(folder: Folder) -> None:
    aside = folder.path / PREVIOUS
    aside.mkdir(mode=0o700)
    for name in (CERTIFICATE, KEY):
        if (folder.path / name).exists():  # the key may be in a vault
            shutil.copy2(folder.path / name, aside / name)


def _must_vouch(old: Authority, path: Path) -> None:
    basic = old.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    if basic.path_length == 0:
        raise InputError(
            f"{path}: the authority cannot sign another one (path length 0), so there is no"
            " overlap. Move the folder away and bring the new ca.crt to all clients. Run:"
            " holdfast deploy --new-authority"
        )
