"""Write results as JUnit XML, which continuous integration servers read."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from holdfast.verification.results import Outcome, Results, words


def write(results: Results, path: Path) -> None:
    """Write one test suite for each host; a test case has the class `host.group` and the control's
    id."""
    root = ElementTree.Element("testsuites", name="holdfast verify")
    for host in results.by_host():
        outcomes = [outcome for outcome in results.outcomes if outcome.host == host]
        states = [outcome.state for outcome in outcomes]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=host,
            tests=str(len(outcomes)),
            failures=str(states.count("failed")),
            errors="0",
            skipped=str(states.count("not_checked") + states.count("not_applicable")),
            time=f"{sum(outcome.seconds for outcome in outcomes):.3f}",
        )
        for outcome in outcomes:
            _case(suite, outcome)
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _case(suite: ElementTree.Element, outcome: Outcome) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=f"{outcome.host}.{outcome.group}",
        name=outcome.check,
        time=f"{outcome.seconds:.3f}",
    )
    if outcome.state == "failed":
        ElementTree.SubElement(case, "failure", message=outcome.text)
    elif outcome.state != "passed":
        # JUnit has one word for both: the message begins with the state.
        ElementTree.SubElement(case, "skipped", message=f"{words(outcome.state)}: {outcome.text}")
    if outcome.evidence:
        ElementTree.SubElement(case, "system-out").text = "\n".join(outcome.evidence)
