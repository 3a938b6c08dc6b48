"""Install the site's generator, with the version and hashes of locks/docs.txt.

It is Zensical, the successor of Material for MkDocs, whose support ends in May 2027.
It reads the same configuration.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from testhosts.cache import cache, locked
from testhosts.machine import run

LOCK = Path(__file__).parents[1] / "locks" / "docs.txt"


def program() -> Path:
    """Return the generator's program, in a venv in the cache."""
    folder = cache() / "docs"
    done = folder / hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    with locked("docs"):
        if not done.exists():
            run([sys.executable, "-m", "venv", "--clear", str(folder)])
            pip = [str(folder / "bin" / "pip"), "--disable-pip-version-check", "--quiet"]
            install = [*pip, "install", "--require-hashes", "--only-binary", ":all:"]
            run([*install, "--requirement", str(LOCK)], timeout=600)
            done.touch()
    return folder / "bin" / "zensical"
