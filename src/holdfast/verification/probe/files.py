"""Describe files, accounts and certificates of the host."""

from __future__ import annotations

import grp
import hashlib
import os
import pwd
import ssl
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from holdfast.verification.probe.reading import read, sha256

HASHED_BYTES = 256 << 20
KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link"}


def walk(top: str) -> list[str]:
    """Return a directory and all paths below it."""
    found = [top]
    for folder, folders, files in os.walk(top):
        found += [f"{folder}/{name}" for name in (*folders, *files)]
    return found


def entry(path: str) -> dict[str, Any]:
    """Return kind, mode, owner, group and SHA-256 of a path; empty if there is nothing."""
    try:
        status = os.lstat(path)
    except OSError:
        return {}
    kind = KINDS.get(stat.S_IFMT(status.st_mode), "other")
    hashed = kind == "file" and status.st_size <= HASHED_BYTES and not path.endswith("key.pem")
    return {
        "kind": kind,
        "mode": stat.S_IMODE(status.st_mode),
        "owner": name_of(pwd.getpwuid, status.st_uid),
        "group": name_of(grp.getgrgid, status.st_gid),
        "sha256": sha256(path) if hashed else "",
    }


def name_of(database: Callable[[int], Any], number: int) -> str:
    """Return the name of a user or a group, or its number if it has none."""
    try:
        return str(database(number)[0])
    except KeyError:
        return str(number)


def pairs(folder: str) -> dict[str, bool]:
    """Return for each key in a directory if it belongs to its certificate."""
    found = {}
    for key in sorted(Path(folder).glob("*key.pem")):
        certificate = key.with_name(key.name.replace("key.pem", "certificate.pem"))
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
            found[key.name] = True
        except (OSError, ssl.SSLError):
            found[key.name] = False
    return found


def account(name: str) -> dict[str, Any]:
    """Return the rights of an account, without its hash; empty if there is none."""
    try:
        known = pwd.getpwnam(name)
    except KeyError:
        return {}
    rows = (line.split(":") for line in (read("/etc/shadow") or "").splitlines())
    stored = next((row[1] for row in rows if row[0] == name), "")
    groups = [group.gr_name for group in grp.getgrall() if name in group.gr_mem]
    return {
        "uid": known.pw_uid,
        "shell": known.pw_shell,
        "locked": stored.startswith(("!", "*")),
        "groups": sorted(groups),
    }


def members(group: str) -> list[str]:
    """Return the supplementary members of a group."""
    try:
        return sorted(grp.getgrnam(group).gr_mem)
    except KeyError:
        return []


def fingerprint(path: str) -> str:
    """Return the SHA-256 of the first certificate in a file."""
    end = "-----END CERTIFICATE-----"
    try:
        first = (read(path) or "").partition(end)[0] + end + "\n"
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first.strip())).hexdigest()
    except ValueError:
        return ""
