"""Remove the users and groups that a generation made, if they still are what it made."""

from __future__ import annotations

import grp
import pwd
from collections.abc import Iterable

from ansible_collections.holdfast.registry.plugins.module_utils.system import paths, systemd

_HOME, _SHELL = "/nonexistent", "/usr/sbin/nologin"
"""Home and shell as `systemd/sysusers.conf` of a generation gives them."""


def present(users: Iterable[str]) -> list[str]:
    """Return the users, and the group of the sockets, that are on the host and ours."""
    return [name for name in users if _is_ours(name)] + [
        f"group {name}" for name in [paths.GROUP] if _group(name)
    ]


def foreign(users: Iterable[str]) -> list[str]:
    """Return the users that somebody gave a home or a shell: they stay."""
    return [name for name in users if _user(name) and not _is_ours(name)]


def remove(users: Iterable[str]) -> None:
    """Remove users with their groups, and the group of the sockets. Raises StepError."""
    for name in users:
        if _is_ours(name):
            systemd.run_checked(["userdel", name], f"remove the user {name}")
        if _group(name) and not _user(name):  # userdel keeps a group that has other members
            systemd.run_checked(["groupdel", name], f"remove the group {name}")
    if _group(paths.GROUP):
        systemd.run_checked(["groupdel", paths.GROUP], f"remove the group {paths.GROUP}")


def _is_ours(name: str) -> bool:
    found = _user(name)
    return found is not None and (found.pw_dir, found.pw_shell) == (_HOME, _SHELL)


def _user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _group(name: str) -> bool:
    try:
        return bool(grp.getgrnam(name))
    except KeyError:
        return False
