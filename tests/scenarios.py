"""Run every Molecule scenario, two at a time, and keep a report of each."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from testhosts import binary, disks, images
from testhosts.cache import cache
from testhosts.machine import doctor
from tests.skips import required

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Ran:
    """A scenario that was run, or skipped."""

    scenario: str
    seconds: float = 0.0
    failed: str = ""
    skipped: str = ""


def run(scenario: str, reports: Path, registry: dict[str, str]) -> Ran:
    """Run one scenario; show its output only when it fails."""
    begun, report = time.monotonic(), reports / f"molecule-{scenario}.xml"
    report.unlink(missing_ok=True)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOLDFAST_TEST_REGISTRY": registry["path"],
        "HOLDFAST_TEST_SHA256": registry["sha256"],
        # Molecule names its own folder after the last part of the path: clones would share it.
        "MOLECULE_EPHEMERAL_DIRECTORY": str(cache() / "molecule" / scenario),
        "HOLDFAST_TEST_REPORT": str(report),
    }
    argv = [sys.executable, "-m", "molecule", "test", "--scenario-name", scenario]
    done = subprocess.run(
        argv, cwd=ROOT, env=environment, text=True, capture_output=True, check=False
    )
    seconds = time.monotonic() - begun
    failed = f"molecule gave exit code {done.returncode}" if done.returncode else ""
    if not failed and not report.exists():
        failed = "no report of the verification was written"
    print(f"molecule {scenario}: {failed or 'passed'} in {seconds:.0f} s", flush=True)
    if failed:
        print(done.stdout[-6000:], done.stderr[-6000:])
    return Ran(scenario, seconds, failed)


def lacking(scenarios: list[str]) -> list[Ran]:
    """Return the scenarios that cannot run here; failed if $HOLDFAST_REQUIRE names their need."""
    found = []
    for scenario in scenarios:
        need = "vm" if scenario == "vm" else "molecule"
        reasons = disks.shortcomings() if need == "vm" else doctor()
        if reasons:
            state = "failed" if required(need) else "skipped"
            why = f"{need}: {'; '.join(reasons)}"
            print(f"molecule {scenario}: {state}: {why}")
            found.append(Ran(scenario, **{state: why}))
    return found


def write(ran: list[Ran], path: Path) -> None:
    """Write a JUnit report with a test for each scenario."""
    suite = ElementTree.Element("testsuite", name="molecule", tests=str(len(ran)))
    for one in ran:
        case = ElementTree.SubElement(
            suite, "testcase", classname="molecule", name=one.scenario, time=f"{one.seconds:.3f}"
        )
        for tag, text in (("failure", one.failed), ("skipped", one.skipped)):
            if text:
                ElementTree.SubElement(case, tag, message=text)
    ElementTree.ElementTree(suite).write(path, encoding="unicode")


def main(reports: Path, wanted: list[str]) -> int:
    """Run the scenarios that are named, or all; 0 when all passed."""
    found = sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))
    # The one with a machine takes longest: it begins first.
    found.sort(key=lambda name: name != "vm")
    chosen = [name for name in found if not wanted or name in wanted]
    ran = lacking(chosen)
    left = [name for name in chosen if name not in {one.scenario for one in ran}]
    registry = binary.obtain()
    reports.mkdir(parents=True, exist_ok=True)
    if {*left} - {"vm"}:
        for platform in ("debian13", "debian12"):  # two builds at once would be slower
            images.image(platform, "ready")
    with ThreadPoolExecutor(2) as pool:
        # All of them are run, whatever became of the first.
        ran += pool.map(lambda one: run(one, reports, registry), left)
    write(ran, reports / "molecule.xml")
    return int(any(one.failed for one in ran))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute(), sys.argv[2:]))
