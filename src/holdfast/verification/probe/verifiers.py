"""Keep the temporary user of a verification: a file that the host's gate of logins reads."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.system import files


def begin(folder: str, name: str, content: str, group: str, seconds: int) -> str:
    """Write a temporary user's file, which systemd removes after its time, whoever dies.

    Returns the reason if the host takes no such users, else "".
    """
    if not Path(folder).is_dir():
        return "what serves takes no temporary users"
    for old in os.scandir(folder):
        if old.stat(follow_symlinks=False).st_mtime < time.time() - seconds:
            files.remove(old.path)
    path = f"{folder}/{name}"
    # Before the file: no way leads to one that stays.
    when = [f"--on-active={seconds}", "--timer-property=AccuracySec=1s", f"--unit={_unit(name)}"]
    command = ["systemd-run", "--quiet", "--collect", *when, "/bin/rm", "-f", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"systemd-run: {done.stderr.strip()[-200:]}"
    files.write_new(path, content.encode(), 0o440, "root", group)
    return ""


def end(folder: str, name: str) -> None:
    """Remove a temporary user's file and its timer."""
    files.remove(f"{folder}/{name}")
    command = ["systemctl", "stop", f"{_unit(name)}.timer"]
    subprocess.run(command, capture_output=True, check=False)


def _unit(name: str) -> str:
    return f"holdfast-verifier-{name}"
