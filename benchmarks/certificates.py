"""Run renewals and changes of the authority, one after the other."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator

from benchmarks.lab import Bench

RENEWALS, ROTATIONS = 20, 2


def turns(bench: Bench, number: int) -> Iterator[None]:
    """Renew, and rotate the authority after each half; clients get the new one in between."""
    for turn in range(number):
        _certificate(bench, "renew")
        yield
        if (turn + 1) % (RENEWALS // ROTATIONS):
            continue
        _certificate(bench, "rotate-ca")
        _certificate(bench, "renew")
        yield
        # Whole or not at all: clients read it meanwhile.
        shutil.copy(bench.folder / "pki" / "ca.crt", bench.folder / "ca.new")
        (bench.folder / "ca.new").replace(bench.trust)
        _certificate(bench, "rotate-ca", "--finish")
        _certificate(bench, "renew")
        yield


def _certificate(bench: Bench, *verb: str) -> None:
    argv = (sys.executable, "-m", "holdfast", "certificate", *verb, "-i", str(bench.folder))
    bench.time(*argv)
