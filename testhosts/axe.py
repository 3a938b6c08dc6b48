"""Fetch axe-core, which finds in a page what keeps people from using it: from npm, once."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from testhosts.cache import cache, locked
from testhosts.machine import HarnessError

VERSION = "4.14.1"
SHA256 = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"
"""Of the package's archive."""


def obtain() -> Path:
    """Return the script. Raises HarnessError 4 if it cannot be had."""
    script = cache() / f"axe-{VERSION}.min.js"
    with locked("axe"):
        if not script.exists():
            if not shutil.which("npm"):
                raise HarnessError("axe-core: npm is needed, and is not here. Install npm", 4)
            with tempfile.TemporaryDirectory(prefix="axe-") as folder:
                _unpack(_fetched(Path(folder)), script)
    return script


def _fetched(folder: Path) -> Path:
    """Return the package's archive, checked."""
    argv = ["npm", "pack", "--silent", f"axe-core@{VERSION}"]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    archive = folder / f"axe-core-{VERSION}.tgz"
    if done.returncode or not archive.exists():
        raise HarnessError(f"axe-core: npm could not fetch it: {done.stderr.strip()[-200:]}", 4)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != SHA256:
        raise HarnessError(f"axe-core: expected SHA-256 {SHA256}, found {found}", 4)
    return archive


def _unpack(archive: Path, script: Path) -> None:
    with tarfile.open(archive) as package:
        member = package.extractfile("package/axe.min.js")
        assert member
        new = script.with_suffix(".new")
        new.write_bytes(member.read())
    new.rename(script)
