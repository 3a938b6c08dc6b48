"""From one authority to the next, with a time in which clients may know either."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509

from holdfast.certificates import building, checks
from holdfast.certificates.authority import Authority
from holdfast.certificates.folder import CERTIFICATE, CROSS, KEY, Folder, load_key
from holdfast.errors import InputError

PREVIOUS = "previous"
"""Folder of the authority before, until the rotation is finished."""


def rotate(
    folder: Folder, name: str, days: int, now: datetime, domains: Sequence[str] = ()
) -> Authority:
    """Make the next authority, vouched for by the present one.

    Servers then show that, too: clients that know only the old authority, and those that know only
    the new one, both trust them. Without `domains` the new one vouches for those of the old.
    Raises InputError when there is nothing to rotate, a rotation is under way, or the present
    authority may not vouch for another one.
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
        domains = domains or old.domains
        made = Authority.create(domains[0] if domains else name, days, now, domains)
        cross = old.cross_sign(made.certificate, now)
        _set_aside(folder)
        folder.keep(CROSS, building.pem(cross), 0o644)
        folder.write(made)
        return Authority(made.certificate, made.key, cross=cross)


def finish(folder: Folder) -> None:
    """End the time of overlap; InputError when there is none."""
    if not (folder.path / PREVIOUS).exists():
        raise InputError(f"{folder.path}: no rotation is under way. holdfast certificate rotate-ca")
    with folder.locked():
        (folder.path / CROSS).unlink(missing_ok=True)
        shutil.rmtree(folder.path / PREVIOUS)


def take_in(
    folder: Folder, certificate: Path, key: Path, passphrase: str | None, now: datetime
) -> Authority:
    """Let an authority that exists already be ours; its issuers may follow in its file.

    `passphrase` is that of the given key; the folder's own is used to keep it. Raises InputError
    when it cannot be an authority for servers, or there is one already.
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
        shutil.copy2(folder.path / name, aside / name)


def _must_vouch(old: Authority, path: Path) -> None:
    basic = old.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    if basic.path_length == 0:
        raise InputError(
            f"{path}: the authority may not vouch for another one (path length 0), so there is no"
            " overlap. Move the folder away, deploy, and bring the new ca.crt to all clients"
        )
