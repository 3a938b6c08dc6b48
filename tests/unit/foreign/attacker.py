"""Objects that a user with few rights can put in place of a file."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from pathlib import Path

ATTACKER = pwd.getpwnam("nobody")
SECRET = "root:$y$secret:19000:0:::::"


def given(path: Path) -> None:
    """Give a path to the attacker."""
    os.chown(path, ATTACKER.pw_uid, ATTACKER.pw_gid, follow_symlinks=False)


ODD: dict[str, Callable[[Path, Path], object]] = {
    "a link": lambda path, secret: path.symlink_to(secret),
    "a pipe": lambda path, _: os.mkfifo(path),
    "a directory": lambda path, _: path.mkdir(),
    "an endless file": lambda path, _: path.symlink_to("/dev/zero"),
}
