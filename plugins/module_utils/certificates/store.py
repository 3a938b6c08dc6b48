"""Store the certificates of a host: one directory for each set, and links to the used ones."""

from __future__ import annotations

import grp
import hashlib
import json
import os
import ssl
import stat
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.certificates import verify
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, paths

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.certificates import (
        CertificateTexts,
    )

GROUP = "holdfast-proxy"
SERVER, CLIENTS = "current", "clients"
"""Links to the proxy's own certificates, and to the authority of clients' certificates."""
STAPLE = ("ocsp.der", "stapling.conf")
"""Files of a set that are not part of its content, see ocsp.py."""

Links = tuple["str | None", "str | None"]
"""Names of the sets that the two links point to."""


def directory() -> str:
    """Return the directory of all sets."""
    return os.path.join(paths.ETC, "tls")


def stage(public: Mapping[str, str], keys: Mapping[str, str], served: Iterable[str]) -> str:
    """Stage a set of files beside the one in use, and return its name.

    `public` has the certificates by file name. Keys that are not in `keys` are taken from the set
    in use. Each certificate is verified with its key for each name in `served`. Raises StepError if
    a pair cannot serve; nothing is changed then.
    """
    name = _name(public)
    folder, staging = os.path.join(directory(), name), os.path.join(directory(), ".staging")
    files.make_directory(directory(), 0o750, GROUP)
    files.remove(staging)
    files.make_directory(staging, 0o750, GROUP)
    keys = {**_kept_keys(public), **keys}
    for path, text in {**public, **keys}.items():
        files.write_new(os.path.join(staging, path), text.encode(), 0o640, group=GROUP)
    try:
        for hostname in served:
            for certificate, key in pairs(public).items():
                verify.prove(staging, certificate, key, hostname)
    except BaseException:
        files.remove(staging)
        raise
    if name in links():
        # In use: its files are put in their places one by one, each whole.
        for path in os.listdir(staging):
            os.rename(os.path.join(staging, path), os.path.join(folder, path))
    else:
        files.remove(folder)
        os.rename(staging, folder)
    files.sync_directory(directory())
    return name


def give() -> None:
    """Give the sets to the proxy again, after a removal had closed them."""
    if not os.path.isdir(directory()):
        return
    readers, status = grp.getgrnam(GROUP).gr_gid, os.stat(directory())
    if (status.st_gid, stat.S_IMODE(status.st_mode)) == (readers, 0o750):
        return
    for folder, _, names in os.walk(directory()):
        for name in names:
            os.chown(os.path.join(folder, name), 0, readers, follow_symlinks=False)
        if folder != directory():
            os.chown(folder, 0, readers)
    # Last: an interrupted run is repeated.
    files.make_directory(directory(), 0o750, GROUP)


def pairs(public: Mapping[str, str]) -> dict[str, str]:
    """Return the file name of the key by the file name of each server certificate."""
    shown = [name for name in public if name.endswith("certificate.pem")]
    return {
        name: name.replace("certificate", "key") for name in shown if not name.startswith("next-")
    }


def _kept_keys(public: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for key in pairs(public).values():
        path = os.path.join(directory(), SERVER, key)
        if os.path.isfile(path):
            with open(path, encoding="ascii") as stream:
                found[key] = stream.read()
    return found


def links() -> Links:
    """Return the names of the sets in use; None for a link without a complete set."""
    return _target(SERVER), _target(CLIENTS)


def _target(link: str) -> str | None:
    path = os.path.join(directory(), link)
    if not (os.path.islink(path) and os.path.isdir(path)):
        return None
    kept = pairs(dict.fromkeys(os.listdir(path), "")).items()
    whole = all(_serves(path, certificate, key) for certificate, key in kept)
    return os.readlink(path) if whole else None


def _serves(folder: str, certificate: str, key: str) -> bool:
    """Return True if a key belongs to its certificate, and the proxy can read it."""
    pair = os.path.join(folder, certificate), os.path.join(folder, key)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*pair)
        readers = grp.getgrnam(GROUP).gr_gid
        found = [os.stat(path) for path in pair]
    except (OSError, ssl.SSLError):
        return False
    except KeyError:  # the proxy's account is made with the next deploy
        return True
    return all(one.st_gid == readers and one.st_mode & 0o040 for one in found)


def flip(link: str, name: str | None) -> None:
    """Change a link to another set atomically; None removes the link."""
    path = os.path.join(directory(), link)
    if name is None:
        files.remove(path)
    else:
        files.link(path, name)


def texts() -> CertificateTexts:
    """Return the texts of the sets in use by file name, without keys, as a deploy compares them."""
    return {"server": _texts(SERVER), "clients": _texts(CLIENTS)}


def _texts(link: str) -> dict[str, str]:
    name = _target(link)
    if name is None:
        return {}
    folder, found = os.path.join(directory(), name), {}
    for path in sorted(os.listdir(folder)):
        if not path.endswith("key.pem") and path not in STAPLE:
            with open(os.path.join(folder, path), encoding="utf-8", errors="replace") as stream:
                found[path] = stream.read()
    return found


def prune() -> None:
    """Remove all sets that are not in use."""
    used = (SERVER, CLIENTS, *links())
    for name in os.listdir(directory()):
        if name not in used:
            files.remove(os.path.join(directory(), name))


def _name(public: Mapping[str, str]) -> str:
    text = json.dumps(dict(public), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
