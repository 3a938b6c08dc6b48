"""Certificates of a host: each pair in a directory of its own, and the link to the one in use."""

from __future__ import annotations

import hashlib
import os
import ssl

from ansible_collections.holdfast.registry.plugins.module_utils import files, names
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError

GROUP = "holdfast-proxy"
PAIR = ("certificate.pem", "key.pem")


def _directory() -> str:
    return os.path.join(names.ETC, "tls")


def stage(certificate: str, key: str) -> str:
    """Write a certificate and its key beside the ones in use; return the name of the pair."""
    name = hashlib.sha256(certificate.encode()).hexdigest()[:16]
    staging, folder = os.path.join(_directory(), ".staging"), os.path.join(_directory(), name)
    files.make_directory(_directory(), 0o750, GROUP)
    files.remove(staging)
    files.make_directory(staging, 0o750, GROUP)
    for path, text in zip(PAIR, (certificate, key), strict=True):
        files.write_new(os.path.join(staging, path), text.encode(), 0o640, group=GROUP)
    _load(staging)
    if name == current():
        # In use: a pair is put in its place file by file, each whole.
        for path in os.listdir(staging):
            os.rename(os.path.join(staging, path), os.path.join(folder, path))
    else:
        files.remove(folder)
        os.rename(staging, folder)
    files.sync_directory(_directory())
    if current() is None:
        flip(name)
    return name


def _load(folder: str) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            f"{folder}/certificate.pem", f"{folder}/key.pem"
        )
    except ssl.SSLError as error:
        raise StepError(f"the certificate and its key do not load: {error.reason}") from error


def current() -> str | None:
    """Return the name of the pair in use; None when there is none that is whole."""
    link = os.path.join(_directory(), "current")
    whole = all(os.path.isfile(os.path.join(link, name)) for name in PAIR)
    return os.readlink(link) if whole else None


def flip(name: str | None) -> None:
    """Let another pair be in use, in one step."""
    if name is not None:
        files.link(os.path.join(_directory(), "current"), name)


def text() -> str | None:
    """Return the certificate in use as PEM, with its chain; None when its key is gone."""
    if current() is None:
        return None
    with open(names.CERTIFICATE, encoding="utf-8", errors="replace") as stream:
        return stream.read()


def prune() -> None:
    """Remove the pairs that are not in use."""
    for name in os.listdir(_directory()):
        if name not in ("current", current()):
            files.remove(os.path.join(_directory(), name))
