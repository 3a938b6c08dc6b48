"""Check and load sshd's configuration: our own file, beside those of others."""

from __future__ import annotations

import glob
import os
import tempfile

from ansible_collections.holdfast.registry.plugins.module_utils.system import systemd

SSHD = "/usr/sbin/sshd"
MAIN = "/etc/ssh/sshd_config"
PLACE = "/etc/ssh/sshd_config.d/00-holdfast.conf"
"""First by name: sshd uses the first value that it reads (only of MaxStartups the last)."""


def obstacle() -> str:
    """Return the reason why sshd cannot be configured here; empty if it can."""
    return "" if os.access(SSHD, os.X_OK) else "sshd is not installed"


def check(text: str) -> None:
    """Let sshd test a text in place of our file, with all others. Raises StepError."""
    with tempfile.NamedTemporaryFile(
        "w", suffix=".conf", encoding="utf-8", errors="surrogateescape"
    ) as stream:
        stream.write(f"{text}\n{_others()}")
        stream.flush()
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        systemd.run_checked([SSHD, "-t", "-f", stream.name], "check sshd's configuration")


def _others() -> str:
    """Return sshd's configuration without our file, which may be damaged."""
    with open(MAIN, encoding="utf-8", errors="surrogateescape") as stream:
        lines = stream.read().splitlines()
    found = []
    for line in lines:
        words = line.split()
        included = len(words) == 2 and words[0].lower() == "include"
        paths = sorted(glob.glob(os.path.join("/etc/ssh", words[1]))) if included else []
        found += [f"Include {path}" for path in paths if path != PLACE] if included else [line]
    return "\n".join(found) + "\n"


def check_file(root: str) -> None:
    """Check the file of a generation."""
    with open(f"{root}/hardening/sshd.conf", encoding="utf-8") as stream:
        check(stream.read())


def load(_: str | None) -> None:
    """Reload sshd's configuration; sessions continue."""
    systemd.systemctl("try-reload-or-restart", "ssh.service")
