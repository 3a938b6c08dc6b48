"""Check and create what a generation needs on the host: users, directories, secrets, programs."""

from __future__ import annotations

import grp
import os
import pwd
import re
import stat
from collections.abc import Iterator

from ansible_collections.holdfast.registry.plugins.module_utils.cache import (
    service as cache_service,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    files,
    foreign_text,
    paths,
    systemd,
)

TMPFILES = "systemd/tmpfiles.conf"
SECRET = os.path.join(paths.ETC, "secrets", "http.env")
_SECRET = re.compile(r"REGISTRY_HTTP_SECRET=[0-9a-f]{64}\n")
_DIRECTORY = re.compile(r"^d (\S+) (\d+) (\S+) (\S+) -$", re.MULTILINE)
_PROGRAM = re.compile(r"^ExecStart=(/\S+)", re.MULTILINE)


def gone(generation: str) -> bool:
    """Return True if a directory of the serving generation is missing.

    What runs still sees the one that is gone, and has to be started again.
    """
    try:
        wanted = _DIRECTORY.findall(foreign_text.read(f"{generation}/{TMPFILES}"))
    except OSError:
        return False
    return any(not os.path.isdir(path) for path, *_ in wanted)


def create(contents: dict[str, str]) -> None:
    """Create the users and directories that a generation names, and the registry's secret."""
    systemd.run_checked(
        ["systemd-sysusers", "-"], "make the users", contents["systemd/sysusers.conf"]
    )
    systemd.run_checked(
        ["systemd-tmpfiles", "--create", "-"], "make the directories", contents[TMPFILES]
    )
    files.make_directory(paths.ETC, 0o750, paths.GROUP)
    _shared_secret()
    if "cache/users.acl" in contents:
        cache_service.make_logins()


def directories(generation: str) -> None:
    """Apply the owners and modes of directories of a staged generation, by its path."""
    path = f"{generation}/{TMPFILES}"
    systemd.run_checked(["systemd-tmpfiles", "--create", path], "make the directories")


def problems(generation: str) -> list[str]:
    """Return one sentence for each directory, secret or program that is missing or damaged."""
    found = [] if _secret_is_whole() else [f"{SECRET} is damaged"]
    try:
        wanted = _DIRECTORY.findall(foreign_text.read(f"{generation}/{TMPFILES}"))
        programs = missing_programs(generation)
    except OSError:
        return found  # the generation itself is damaged
    found += [f"{path} {what}" for path, *rights in wanted for what in _wrong(path, *rights)]
    return found + [f"{one} is missing" for one in programs]


def missing_programs(generation: str) -> list[str]:
    """Return the programs of a generation's units that are not on the host.

    Units that say themselves that they do without are left out.
    """
    folder = f"{generation}/systemd"
    units = [name for name in os.listdir(folder) if name.endswith(".service")]
    texts = [foreign_text.read(f"{folder}/{name}") for name in units]
    needing = [text for text in texts if "\nConditionFileIsExecutable=" not in text]
    named = {program for text in needing for program in _PROGRAM.findall(text)}
    return sorted(one for one in named if not os.access(one, os.X_OK))


def _wrong(path: str, mode: str, owner: str, group: str) -> Iterator[str]:
    try:
        status = os.lstat(path)
        found = pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid
    except FileNotFoundError:
        yield "is missing"
        return
    except KeyError:
        return  # a missing user is reported as such
    if not stat.S_ISDIR(status.st_mode):
        yield "is no directory"
    # What is root's and public can be somebody else's, too.
    elif owner != "root" and (status.st_uid, status.st_gid) != found:
        yield f"does not belong to {owner}:{group}"
    elif owner != "root" and stat.S_IMODE(status.st_mode) != int(mode, 8):
        yield f"has mode {stat.S_IMODE(status.st_mode):04o}, not {mode}"


def _secret_is_whole() -> bool:
    try:
        with open(SECRET, encoding="ascii") as stream:
            return bool(_SECRET.fullmatch(stream.read()))
    except (OSError, ValueError):
        return False


def _shared_secret() -> None:
    """Create the secret that signs uploads, once in the life of a host, or if it is damaged."""
    files.make_directory(os.path.dirname(SECRET), 0o700)
    if not _secret_is_whole():
        import secrets  # noqa: PLC0415 -- not needed when nothing changed

        content = f"REGISTRY_HTTP_SECRET={secrets.token_hex(32)}\n"
        files.replace(SECRET, content.encode(), 0o600)
