"""Reading files and programs, with nothing where there is nothing."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path


def output(*argv: str) -> str:
    """Return what a program says; nothing when it cannot be run."""
    try:
        return subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=30,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def read(path: str) -> str | None:
    """Return the text of a file; None: there is none."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def link(path: str) -> str:
    """Return where a link leads to; nothing: it is none."""
    try:
        return str(Path(path).readlink())
    except OSError:
        return ""


def names(path: str) -> list[str]:
    """Return the names in a directory."""
    try:
        return [entry.name for entry in Path(path).iterdir()]
    except OSError:
        return []


def sha256(path: str) -> str:
    """Return the SHA-256 of a file; OSError when there is none."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()
