"""Run every Molecule scenario, two at a time, and keep a report of each."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from testhosts import binary, disks, images
from testhosts.machine import doctor

ROOT = Path(__file__).parents[1]


def run(scenario: str, reports: Path, registry: dict[str, str]) -> bool:
    """Run one scenario; show its output only when it fails."""
    begun = time.monotonic()
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOLDFAST_TEST_REGISTRY": registry["path"],
        "HOLDFAST_TEST_SHA256": registry["sha256"],
        "HOLDFAST_TEST_REPORT": str(reports / f"molecule-{scenario}.xml"),
    }
    argv = [sys.executable, "-m", "molecule", "test", "--scenario-name", scenario]
    done = subprocess.run(
        argv, cwd=ROOT, env=environment, text=True, capture_output=True, check=False
    )
    seconds = time.monotonic() - begun
    print(f"molecule {scenario}: {'failed' if done.returncode else 'passed'} in {seconds:.0f} s")
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-6000:])
    return done.returncode == 0


def main(reports: Path, wanted: list[str]) -> int:
    """Run the scenarios that are named, or all; 0 when all passed."""
    found = sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))
    # The one with a machine takes longest: it begins first.
    scenarios = [name for name in ("vm", *(one for one in found if one != "vm")) if name in found]
    scenarios = [name for name in scenarios if not wanted or name in wanted]
    for reason, affected in ((disks.shortcomings(), {"vm"}), (doctor(), {*found} - {"vm"})):
        if reason and affected & {*scenarios}:
            print(f"Molecule scenarios are skipped: {'; '.join(reason)}")
            scenarios = [name for name in scenarios if name not in affected]
    registry = binary.obtain()
    reports.mkdir(parents=True, exist_ok=True)
    if {*scenarios} - {"vm"}:
        for platform in ("debian13", "debian12"):  # two builds at once would be slower
            images.image(platform, "ready")
    with ThreadPoolExecutor(2) as pool:
        # A list: all of them are run, whatever became of the first.
        passed = list(pool.map(lambda one: run(one, reports, registry), scenarios))
    return int(not all(passed))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute(), sys.argv[2:]))
