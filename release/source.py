"""Export the files of a commit: a release depends on nothing else of a working tree."""

from __future__ import annotations

import io
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from holdfast.errors import RefusedError


@dataclass(frozen=True)
class Commit:
    """A commit of a clone."""

    name: str
    time: int
    """Seconds since 1970: the time of all files of the release."""


def _git(root: Path, *words: str) -> bytes:
    return subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True).stdout


def committed(root: Path) -> Commit:
    """Return the commit of a clone. Raises RefusedError if the working tree has other files."""
    changed = _git(root, "status", "--porcelain").decode().splitlines()
    if changed:
        raise RefusedError(
            f"{changed[0][3:]}: expected a working tree as committed, found {len(changed)} changed"
            " or new files. Commit or remove them"
        )
    name, time = _git(root, "log", "-1", "--format=%H %ct").decode().split()
    return Commit(name, int(time))


def exported(root: Path, commit: Commit, folder: Path) -> Path:
    """Write the files of a commit to a new folder; return it."""
    with tarfile.open(fileobj=io.BytesIO(_git(root, "archive", commit.name))) as archive:
        archive.extractall(folder, filter="data")
    return folder
