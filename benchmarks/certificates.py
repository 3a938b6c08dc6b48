"""Renewals and changes of the authority, one after the other."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

RENEWALS, ROTATIONS = 20, 2


def certificate(folder: Path, *arguments: str) -> None:
    """Run `holdfast certificate` on an inventory."""
    argv = [sys.executable, "-m", "holdfast", "certificate", *arguments, "-i", str(folder)]
    subprocess.run(argv, check=True, capture_output=True)


def turns(folder: Path, trust: Path, number: int) -> Iterator[None]:
    """Renew, and rotate at the end of each half; clients learn of the new authority in between."""
    for turn in range(number):
        certificate(folder, "renew")
        yield
        if (turn + 1) % (RENEWALS // ROTATIONS):
            continue
        certificate(folder, "rotate-ca")
        certificate(folder, "renew")
        yield
        shutil.copy(folder / "pki" / "ca.crt", trust)
        certificate(folder, "rotate-ca", "--finish")
        certificate(folder, "renew")
        yield
