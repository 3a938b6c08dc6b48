"""Say how many tests ran, from the JUnit reports in a directory."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree


def main(folder: Path) -> int:
    """Print a line for each report and the sum; return 1 when something failed."""
    sums = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for report in sorted(folder.glob("*.xml")):
        suites = ElementTree.parse(report).getroot().iter("testsuite")
        counts = [{key: int(suite.get(key, 0)) for key in sums} for suite in suites]
        own = {key: sum(count[key] for count in counts) for key in sums}
        sums = {key: sums[key] + own[key] for key in sums}
        print(f"{report.stem:<22} {own['tests']:>5} tests, {own['skipped']} skipped")
    bad = sums["failures"] + sums["errors"]
    print(f"{sums['tests']} tests, {bad} failed, {sums['skipped']} skipped")
    return int(bool(bad) or not sums["tests"])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
