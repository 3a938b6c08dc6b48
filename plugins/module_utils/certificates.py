"""Certificates of a host: each set in a directory of its own, and links to those in use."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping

from ansible_collections.holdfast.registry.plugins.module_utils import files, handshake, names

GROUP = "holdfast-proxy"
SERVER, CLIENTS = "current", "clients"
"""Links to what the proxy shows, and to what it checks clients' certificates with."""
STAPLE = ("ocsp.der", "stapling.conf")
"""Files of a set that come and go by themselves, see stapling.py."""

Links = tuple["str | None", "str | None"]
"""Names of the sets that the two links point to."""


def directory() -> str:
    """Return the directory of all sets."""
    return os.path.join(names.ETC, "tls")


def stage(public: Mapping[str, str], keys: Mapping[str, str], served: Iterable[str]) -> str:
    """Write a set of files beside the one in use, and return its name.

    `public` has the certificates by file name; keys that are not given are those of the set in use.
    Each certificate is proven with its key for each name that is `served`. Raises StepError when a
    pair cannot serve; nothing is changed then.
    """
    name = _name(public)
    folder, staging = os.path.join(directory(), name), os.path.join(directory(), ".staging")
    files.make_directory(directory(), 0o750, GROUP)
    files.remove(staging)
    files.make_directory(staging, 0o750, GROUP)
    keys = {**_kept_keys(public), **keys}
    for path, text in {**public, **keys}.items():
        files.write_new(os.path.join(staging, path), text.encode(), 0o640, group=GROUP)
    for hostname in served:
        for certificate, key in pairs(public).items():
            handshake.prove(staging, certificate, key, hostname)
    if name in links():
        # In use: its files are put in their places one by one, each whole.
        for path in os.listdir(staging):
            os.rename(os.path.join(staging, path), os.path.join(folder, path))
    else:
        files.remove(folder)
        os.rename(staging, folder)
    files.sync_directory(directory())
    return name


def pairs(public: Mapping[str, str]) -> dict[str, str]:
    """Return the file of the key by the file of each certificate that is shown."""
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
    """Return the names of the sets in use; None for a link that leads to nothing whole."""
    return _target(SERVER), _target(CLIENTS)


def _target(link: str) -> str | None:
    path = os.path.join(directory(), link)
    if not (os.path.islink(path) and os.path.isdir(path)):
        return None
    keys = pairs(dict.fromkeys(os.listdir(path), "")).values()
    whole = all(os.path.isfile(os.path.join(path, key)) for key in keys)
    return os.readlink(path) if whole else None


def flip(link: str, name: str | None) -> None:
    """Let another set be in use, in one step; None: the link goes."""
    path = os.path.join(directory(), link)
    if name is None:
        files.remove(path)
    else:
        files.link(path, name)


def texts() -> dict[str, dict[str, str]]:
    """Return the files of the sets in use by name, without keys: what a deploy compares."""
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
    """Remove the sets that are not in use."""
    used = (SERVER, CLIENTS, *links())
    for name in os.listdir(directory()):
        if name not in used:
            files.remove(os.path.join(directory(), name))


def _name(public: Mapping[str, str]) -> str:
    text = json.dumps(dict(public), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
