"""python -m benchmarks [SUITE ...]: measure, and write results.

`report` fills docs/performance.md from them. Without a name all suites run, one after the other. A
suite that fails does not end the others; the exit code is then 1.
"""

from __future__ import annotations

import sys
import time
import traceback
from importlib import import_module
from pathlib import Path

from benchmarks import report, results
from benchmarks.figures import say
from benchmarks.lab import Lab

SUITES = (
    "render",
    "handshakes",
    "cache",
    "mirror",
    "logins",
    "tokens",
    "deploys",
    "baselines",
    "fleet",
    "swaps",
    "pulls",
    "requests",
    "pushes",
    "tuning",
    "storage",
    "scale",
    "bucket",
    "many_users",
    "hardening",
    "gate",
    "collection",
    "scrub",
    "copying",
)
"""Suites: modules of this package with `measure(lab)`, which returns figures and tables."""


def main(wanted: list[str]) -> int:
    """Run the named suites; return the exit code."""
    if wanted == ["report"]:
        report.write()
        return 0
    if unknown := set(wanted) - set(SUITES):
        say(f"{', '.join(unknown)}: expected report, or of {', '.join(SUITES)}")
        return 2
    failed = [name for name in wanted or SUITES if not _run(name)]
    if failed:
        say(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def _run(name: str) -> bool:
    """Run a suite in its own lab; return True if it gave results."""
    begun = time.monotonic()
    say(f"{name} ...")
    try:
        with Lab() as lab:
            found = import_module(f"benchmarks.{name}").measure(lab)
    except Exception:
        traceback.print_exc()
        return False
    seconds = time.monotonic() - begun
    path = results.write(name, found, seconds)
    print("\n\n".join("\n".join(report.shown(one)) for one in found), flush=True)
    say(f"{name}: {seconds:.0f} s, {path.relative_to(Path.cwd())}")
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
