"""Read files and program output; empty results for what does not exist."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    foreign_files,
    foreign_text,
)


def output(*argv: str) -> str:
    """Return the output of a program; empty if it cannot be run."""
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return foreign_text.decode(done.stdout)


def read(path: str) -> str | None:
    """Return the text of a file; None if there is none."""
    try:
        return foreign_text.read(path)
    except OSError:
        return None


def link(path: str) -> str:
    """Return the target of a link; empty if it is none."""
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
    """Return the SHA-256 of a file. Raises OSError if it cannot be read."""
    return summed(path, hashlib.sha256())


def summed(path: str, digest: Any) -> str:
    """Return the sum of a file by a new hash object. Raises OSError for a link or a pipe."""
    with foreign_files.opened(path) as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return str(digest.hexdigest())
