"""The folder of an authority: opened, created and rotated atomically."""

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
from holdfast.errors import InputError, RefusedError

CERTIFICATE, KEY, CROSS = "ca.crt", "ca.key", "cross.crt"
PREVIOUS = "previous"
"""Folder of the previous authority, while clients may know only that one."""
FORMER = "former.crt"
"""Certificates of all authorities that the folder held before, without keys."""
GITIGNORE = (
    "# Keys are shared by a vault or by hand: docs/two-administrators.md\n*.key\n*.new\n.lock\n"
)


@dataclass(frozen=True)
class Folder:
    """Folder with `ca.crt` and `ca.key`, and during a rotation with `cross.crt` and `previous/`."""

    path: Path
    passphrase: str | None = None
    key_pem: str | None = None
    """Key of the authority from a vault; None: it is in the file `ca.key`."""

    def open(self) -> Authority | None:
        """Return the authority, or None if there is none. Changes nothing.

        Raises InputError if the authority is unusable, RefusedError if its key is missing.
        """
        certificate, key = self.path / CERTIFICATE, self.path / KEY
        if not any((certificate.exists(), key.exists(), self.key_pem)):
            return None
        self._check_files()
        try:
            found = checks.load(certificate.read_text())
            cross = self.path / CROSS
            crossed = checks.load(cross.read_text())[0] if cross.exists() else None
            secret = self._key(found[0])
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self.path}: expected {CERTIFICATE} and {KEY} of an authority, got: {error}."
                " Restore both from a backup, or remove both to make a new authority"
            ) from error
        return Authority(found[0], secret, tuple(found[1:]), crossed)

    def former(self) -> list[x509.Certificate]:
        """Return the certificates of the authorities that the folder held before the current
        one."""
        paths = (self.path / FORMER, self.path / PREVIOUS / CERTIFICATE)
        return [one for path in paths if path.exists() for one in checks.load(path.read_text())]

    def _check_files(self) -> None:
        certificate, key = self.path / CERTIFICATE, self.path / KEY
        if key.exists() and key.stat().st_mode & 0o077:
            raise InputError(f"{key}: expected to be yours alone. Run: chmod 600 {key}")
        if not certificate.exists():
            given = key if key.exists() else "registry_tls_ca_key"
            raise InputError(
                f"{certificate}: expected the certificate of {given}, found none."
                " Copy it from the machine that deployed before, or from a backup"
            )
        if not (key.exists() or self.key_pem):
            raise RefusedError(
                f"{key}: expected the key of {certificate}, found none: nothing can be issued."
                " Copy it from the machine that deployed before, or give it from a vault as"
                " registry_tls_ca_key (docs/two-administrators.md)"
            )

    def _key(self, certificate: x509.Certificate) -> PrivateKey:
        """Return the key of the authority, from the vault or from its file."""
        path, given = self.path / KEY, []
        if self.key_pem:
            given.append((self.key_pem.encode(), "registry_tls_ca_key"))
        if path.exists():
            # After a rotation the vault still has the key before.
            given.append((path.read_bytes(), str(path)))
        for content, name in given:
            key = load_key(content, self.passphrase, name)
            if key.public_key() == certificate.public_key():
                return key
        names = " and ".join(name for _, name in given)
        raise InputError(
            f"{names}: does not belong to {self.path / CERTIFICATE}. Restore both from a backup"
        )

    def open_or_create(
        self, name: str, days: int, now: datetime, domains: tuple[str, ...] = ()
    ) -> Authority:
        """Return the authority, and create it if there is none.

        Concurrent deploys of several hosts are safe.
        """
        with self.locked():
            found = self.open()
            if found is None:
                found = Authority.create(name, days, now, domains)
                self.write(found)
        if found.certificate.not_valid_after_utc <= now:
            raise InputError(
                f"{self.path / CERTIFICATE}: the authority expired on"
                f" {found.certificate.not_valid_after_utc:%Y-%m-%d}. Move the folder away and"
                " bring the new ca.crt to every client. Run: holdfast deploy --new-authority"
            )
        return found

    def write(self, authority: Authority) -> None:
        """Write an authority, its key first: an interruption leaves no certificate without a
        key."""
        if not (self.path / ".gitignore").exists():
            self.keep(".gitignore", GITIGNORE, 0o644)
        self.keep(KEY, building.private_pem(authority.key, self.passphrase), 0o600)
        self.keep(CERTIFICATE, authority.pem, 0o644)

    def keep(self, name: str, content: str, mode: int) -> None:
        """Write a file of the folder atomically."""
        beside = self.path / f"{name}.new"
        beside.unlink(missing_ok=True)
        with open(beside, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(content)
        beside.chmod(mode)
        beside.rename(self.path / name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder's lock; the folder is created if it is missing."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.path / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def load_key(content: bytes, passphrase: str | None, name: Path | str) -> PrivateKey:
    """Load a private key from PEM. Raises InputError, without any part of the key in it."""
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
    """Tell whether a certificate is self-signed."""
    return checks.issued_by(certificate, certificate)
