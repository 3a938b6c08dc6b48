"""Summarise a run from its JUnit reports: counts, unlisted skips, slowest tests."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.skips import allowed

SLOWEST = 10
PARTS = ("unit", "tools", "integration", "packaging", "hosts", "trials", "molecule")
"""Reports that a whole run leaves; each scenario of Molecule leaves one of its own, too."""


@dataclass(frozen=True)
class Outcome:
    """A test of a report."""

    name: str
    """`report class.name`."""
    seconds: float
    state: str
    """passed, failed, skipped."""
    message: str

    @property
    def report(self) -> str:
        """Name of the report."""
        return self.name.split()[0]


def outcomes(report: Path) -> list[Outcome]:
    """Return the tests of a report."""
    return [
        Outcome(f"{report.stem} {_name(case)}", float(case.get("time") or 0), *_state(case))
        for case in ElementTree.parse(report).getroot().iter("testcase")
    ]


def _name(case: ElementTree.Element) -> str:
    return f"{case.get('classname', '')}.{case.get('name', '')}".replace(" ", "-")


def _state(case: ElementTree.Element) -> tuple[str, str]:
    for tag, state in (("failure", "failed"), ("error", "failed"), ("skipped", "skipped")):
        found = case.find(tag)
        if found is not None:
            lines = (found.get("message") or found.text or "").strip().splitlines()
            return state, lines[0] if lines else ""
    return "passed", ""


def problems(found: list[Outcome], parts: set[str]) -> list[str]:
    """Return the reasons why a run failed, one a line; empty if it succeeded."""
    ran = {one.report for one in found}
    lines = [f"{part}: expected a report with tests, found none" for part in sorted(parts - ran)]
    lines += [f"{one.name}: failed: {one.message}" for one in found if one.state == "failed"]
    skips = (one for one in found if one.state == "skipped")
    unlisted = (one for one in skips if not allowed(one.name, one.message))
    hint = "expected to run, or to be on the list of tests/skips.py; skipped"
    return [*lines, *(f"{one.name}: {hint}: {one.message}" for one in unlisted)]


def table(found: list[Outcome]) -> list[str]:
    """Return a line for each report, and the sum of all."""
    lines = []
    for report in sorted({one.report for one in found}):
        own = [one for one in found if one.report == report]
        lines.append(f"{report:<22} {_counted(own)}, {sum(one.seconds for one in own):.0f} s")
    return [*lines, f"{'total':<22} {_counted(found)}"]


def _counted(found: list[Outcome]) -> str:
    count = {
        state: sum(one.state == state for one in found) for state in ("passed", "failed", "skipped")
    }
    rest = f"{count['failed']} failed, {count['skipped']} skipped"
    return f"{len(found):>5} tests, {rest}"


def main(folder: Path, parts: set[str]) -> int:
    """Print the summary of a folder of reports; return 1 when the run is no success."""
    found = [one for report in sorted(folder.glob("*.xml")) for one in outcomes(report)]
    wrong = problems(found, parts)
    slowest = sorted(found, key=lambda one: one.seconds, reverse=True)[:SLOWEST]
    print("\n".join(table(found)))
    print(f"The {SLOWEST} slowest:")
    print("\n".join(f"{one.seconds:>8.1f} s  {one.name}" for one in slowest))
    print("\n".join(wrong))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), {*PARTS}))
