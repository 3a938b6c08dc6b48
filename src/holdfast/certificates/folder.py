"""The folder of an authority: opened, made, rotated; whole or not at all."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from holdfast.certificates import building, checks
from holdfast.certificates.authority import Authority
from holdfast.certificates.building import PrivateKey
from holdfast.errors import InputError

CERTIFICATE, KEY, CROSS = "ca.crt", "ca.key", "cross.crt"
PREVIOUS = "previous"
"""Folder of the authority before, while clients may still know that one alone."""


@dataclass(frozen=True)
class Folder:
    """A folder with `ca.crt` and `ca.key`; with `cross.crt` and `previous/` while it is rotated."""

    path: Path
    passphrase: str | None = None

    def open(self) -> Authority | None:
        """Return the authority, or None when there is none; nothing is touched.

        Raises InputError when there is one that cannot be used.
        """
        certificate, key = self.path / CERTIFICATE, self.path / KEY
        if not certificate.exists() and not key.exists():
            return None
        if key.exists() and key.stat().st_mode & 0o077:
            raise InputError(f"{key}: expected to be yours alone. Run: chmod 600 {key}")
        try:
            found = checks.load(certificate.read_text())
            secret = load_key(key.read_bytes(), self.passphrase, key)
            cross = self.path / CROSS
            crossed = checks.load(cross.read_text())[0] if cross.exists() else None
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self.path}: expected {CERTIFICATE} and {KEY} of an authority, got: {error}."
                " Restore both from a backup, or remove both to make a new authority"
            ) from error
        if secret.public_key() != found[0].public_key():
            raise InputError(f"{key}: does not belong to {certificate}. Restore both from a backup")
        return Authority(found[0], secret, tuple(found[1:]), crossed)

    def open_or_create(
        self, name: str, days: int, now: datetime, domains: tuple[str, ...] = ()
    ) -> Authority:
        """Return the authority, made first when there is none.

        Safe when several hosts' deploys do it at once.
        """
        with self.locked():
            found = self.open()
            if found is None:
                found = Authority.create(name, days, now, domains)
                self.write(found)
        if found.certificate.not_valid_after_utc <= now:
            raise InputError(
                f"{self.path / CERTIFICATE}: the authority expired on"
                f" {found.certificate.not_valid_after_utc:%Y-%m-%d}. Move the folder away:"
                " the next deploy makes a new one, which clients have to trust anew"
            )
        return found

    def write(self, authority: Authority) -> None:
        """Write an authority, its key first: a cut leaves no certificate without a key."""
        self.keep(KEY, building.private_pem(authority.key, self.passphrase), 0o600)
        self.keep(CERTIFICATE, authority.pem, 0o644)

    def keep(self, name: str, content: str, mode: int) -> None:
        """Write a file of the folder, whole or not at all."""
        beside = self.path / f"{name}.new"
        beside.unlink(missing_ok=True)
        with open(beside, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(content)
        beside.chmod(mode)
        beside.rename(self.path / name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others out; the folder is made when there is none."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.path / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def load_key(content: bytes, passphrase: str | None, name: Path | str) -> PrivateKey:
    """Return a private key from PEM. Raises InputError, which never shows a part of it."""
    secret = passphrase.encode() if passphrase else None
    try:
        key = serialization.load_pem_private_key(content, password=secret)
    except TypeError as error:
        given = "one without, and a passphrase" if passphrase else "one with a passphrase"
        todo = "Remove the passphrase setting" if passphrase else "Give the passphrase"
        raise InputError(
            f"{name}: expected a private key that fits, got {given}. {todo}"
        ) from error
    except ValueError as error:
        what = "of the given passphrase" if passphrase else "as PEM"
        raise InputError(f"{name}: expected a private key {what}, and cannot read it") from error
    if not isinstance(key, PrivateKey):
        raise InputError(f"{name}: expected an ECDSA or RSA key, got {type(key).__name__}")
    return key


def is_root(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate is signed by itself."""
    return checks.issued_by(certificate, certificate)
