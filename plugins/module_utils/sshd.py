"""sshd's own settings: a file that is checked with all others, and read by a reload."""

from __future__ import annotations

import glob
import os
import tempfile

from ansible_collections.holdfast.registry.plugins.module_utils import systemd

SSHD = "/usr/sbin/sshd"
MAIN = "/etc/ssh/sshd_config"
PLACE = "/etc/ssh/sshd_config.d/00-holdfast.conf"
"""First of all: sshd takes the first value that it reads (of MaxStartups alone, the last)."""


def obstacle() -> str:
    """Return why this host has no sshd to configure; empty: it has."""
    return "" if os.access(SSHD, os.X_OK) else "sshd is not installed"


def check(text: str) -> None:
    """Let sshd read a file in the place of ours, with all others; StepError when it refuses."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as stream:
        stream.write(f"{text}\n{_others()}")
        stream.flush()
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        systemd.must([SSHD, "-t", "-f", stream.name], "check sshd's configuration")


def _others() -> str:
    """Return sshd's configuration as it is without our file, which may be damaged."""
    with open(MAIN, encoding="utf-8") as stream:
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
    """Let sshd read its configuration again; sessions go on."""
    systemd.systemctl("try-reload-or-restart", "ssh.service")
