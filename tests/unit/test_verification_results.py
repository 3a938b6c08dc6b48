"""Counting outcomes, and writing them for others."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

from holdfast.verification import Counts, Outcome, Results, junit, page
from holdfast.verification.controls import CONTROLS
from holdfast.verification.results import Subject

RESULTS = Results(
    (
        Outcome("r1", "tls.chain", "passed", "", 0.1),
        Outcome("r1", "tls.names", "failed", "expected a < b, found none. Deploy", 0.2),
        Outcome("r1", "images.push", "skipped", "no password is known", 0.0),
        Outcome("r2", "tls.chain", "passed", "", 0.1),
    ),
    seconds=1.25,
)


def test_outcomes_are_counted_by_host_and_group() -> None:
    assert RESULTS.by_host() == {
        "r1": {"tls": Counts(passed=1, failed=1), "images": Counts(skipped=1)},
        "r2": {"tls": Counts(passed=1)},
    }
    assert RESULTS.total == Counts(passed=2, failed=1, skipped=1)


def test_one_failure_is_enough_for_a_failure() -> None:
    assert not RESULTS.ok
    assert [outcome.check for outcome in RESULTS.failures] == ["tls.names"]


def test_nothing_but_skips_proves_nothing() -> None:
    assert Results(RESULTS.outcomes[:1], 1).ok
    assert not Results(RESULTS.outcomes[2:3], 1).ok
    assert not Results((), 0).ok


def test_json_has_every_check() -> None:
    written = json.loads(json.dumps(RESULTS.as_dict()))
    assert (written["ok"], written["passed"], written["failed"]) == (False, 2, 1)
    assert written["checks"][1] == {
        "host": "r1",
        "check": "tls.names",
        "state": "failed",
        "text": "expected a < b, found none. Deploy",
        "seconds": 0.2,
    }


def test_junit_has_a_suite_for_each_host(tmp_path: Path) -> None:
    junit.write(RESULTS, tmp_path / "junit.xml")
    suites = ElementTree.parse(tmp_path / "junit.xml").getroot()
    first, second = suites
    assert (first.get("name"), first.get("tests"), first.get("failures")) == ("r1", "3", "1")
    assert (second.get("name"), second.get("tests"), second.get("skipped")) == ("r2", "1", "0")
    failure = suites.find(".//testcase[@name='tls.names']/failure")
    assert failure is not None
    assert failure.get("message") == "expected a < b, found none. Deploy"
    assert suites.find(".//testcase[@classname='r1.images']/skipped") is not None


def test_the_page_is_whole_and_tells_why() -> None:
    outcomes = (
        Outcome("r1", "tls.chain", "passed", "", 0.1),
        Outcome("r1", "tls.names", "failed", "expected <b>, found none. Deploy", 0.2),
        Outcome("r1", "time.clock", "skipped", "looked at from outside only", 0.0),
    )
    subject = Subject("r1", "https://registry.test.example", "ab" * 32, "3.1.1", "7", "debian13")
    text = page.page(Results(outcomes, 1.5, (subject,)))
    assert "1 passed, 1 failed, 1 not applicable" in text
    assert "expected &lt;b&gt;, found none. Deploy" in text
    assert CONTROLS["tls.chain"].reason in text
    assert CONTROLS["tls.chain"].reference in text
    assert "looked at from outside only" in text
    assert "sha256:" + "ab" * 32 in text
    assert not re.search(r"<(script|link|img)|src=|url\(|@import", text)


def test_reasons_of_what_was_skipped_stand_once() -> None:
    outcomes = [Outcome("r1", f"cache.{n}", "skipped", "there is none", 0) for n in "abc"]
    results = Results((*outcomes, Outcome("r2", "cache.a", "skipped", "there is none", 0)), 1)
    assert results.skipped("r1") == {"there is none": ["cache.a", "cache.b", "cache.c"]}
