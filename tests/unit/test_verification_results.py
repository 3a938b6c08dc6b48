"""Counting outcomes, and writing them for others."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from holdfast.verification import Counts, Outcome, Results, evidence, table
from holdfast.verification.controls import CONTROLS
from holdfast.verification.report import junit, page
from holdfast.verification.results import Origin, State, Subject

RESULTS = Results(
    (
        Outcome("r1", "tls.chain", "passed", "", 0.1),
        Outcome("r1", "tls.names", "failed", "expected a < b, found none. Deploy", 0.2),
        Outcome("r1", "images.push", "not_checked", "no password is known", 0.0),
        Outcome("r2", "tls.chain", "passed", "", 0.1),
    ),
    seconds=1.25,
)


def test_outcomes_are_counted_by_host_and_group() -> None:
    assert RESULTS.by_host() == {
        "r1": {"tls": Counts(passed=1, failed=1), "images": Counts(not_checked=1)},
        "r2": {"tls": Counts(passed=1)},
    }
    assert RESULTS.total == Counts(passed=2, failed=1, not_checked=1)


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
        "evidence": [],
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
    left_out = suites.find(".//testcase[@classname='r1.images']/skipped")
    assert left_out is not None
    assert left_out.get("message") == "not checked: no password is known"


def test_the_page_is_whole_and_tells_why() -> None:
    outcomes = (
        Outcome("r1", "tls.chain", "passed", "", 0.1, ("TLS for r1 → TLSv1.3",)),
        Outcome("r1", "tls.names", "failed", "expected <b>, found none. Deploy", 0.2),
        Outcome("r1", "time.clock", "not_checked", "looked at from outside only", 0.0),
        Outcome("r1", "auth.asked", "not_applicable", "registry_auth_mode is none", 0.0),
    )
    subject = Subject("r1", "https://registry.test.example", "ab" * 32, "3.1.1", "7", "debian13")
    origin = Origin("alice", "laptop", "9.9", "acme/hosts.yml", "profile default")
    text = page.page(Results(outcomes, 1.5, (subject,), origin=origin))
    assert "1 passed, 1 failed, 1 not checked, 1 not applicable" in text
    for shown in ("alice@laptop", "holdfast 9.9", "acme/hosts.yml", "profile default"):
        assert shown in text
    assert "expected &lt;b&gt;, found none. Deploy" in text
    assert CONTROLS["tls.chain"].reason in text
    assert CONTROLS["tls.chain"].reference in text
    assert "TLS for r1 → TLSv1.3" in text
    assert "looked at from outside only" in text
    assert "sha256:" + "ab" * 32 in text
    assert not re.search(r"<(script|link|img)|src=|url\(|@import", text)
    named, linked = re.findall(r'id="([^"]+)"', text), re.findall(r'href="#([^"]+)"', text)
    assert len(named) == len(set(named))
    assert {"h1", "h1-failed", "h1-not_checked", "h1-tls.names", "h1-time.clock"} <= {*linked}
    assert set(linked) <= set(named)


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        (["passed", "failed", "not_checked"], "Not as it should be"),
        (["passed", "not_applicable"], "All is as it should be"),
        (["passed", "not_checked"], "Nothing failed, but 1 control could not be checked"),
        (["not_checked", "not_applicable"], "Nothing was checked"),
    ],
)
def test_a_verdict_never_covers_what_was_not_checked(states: list[State], verdict: str) -> None:
    outcomes = [Outcome("r1", f"tls.{n}", state, "", 0) for n, state in enumerate(states)]
    results = Results(tuple(outcomes), 1)
    assert results.verdict == results.as_dict()["verdict"] == verdict
    assert table.total(results, []).startswith(f"{verdict}: ")


def test_reasons_of_what_was_left_out_stand_once() -> None:
    outcomes = [Outcome("r1", f"cache.{n}", "not_applicable", "there is none", 0) for n in "abc"]
    other = Outcome("r2", "cache.a", "not_applicable", "there is none", 0)
    unclear = Outcome("r1", "time.clock", "not_checked", "looked at from outside only", 0)
    results = Results((*outcomes, other, unclear), 1)
    names = ["cache.a", "cache.b", "cache.c"]
    assert results.reasons("r1", "not_applicable") == {"there is none": names}
    assert table.table(results)[1:3] == [
        "r1  not checked  time.clock: looked at from outside only",
        "r1  not applicable  cache.a, cache.b, cache.c: there is none",
    ]


def test_one_cause_of_many_failures_stands_once_with_their_number() -> None:
    text = "the check could not be made: the authority is another one"
    many = [Outcome("r1", f"tls.{n}", "failed", text, 0) for n in "abc"]
    alone = Outcome("r1", "time.clock", "failed", "5 s late", 0)
    other = Outcome("r2", "tls.a", "failed", text, 0)
    results = Results((*many, alone, other), 1)
    for quiet in (True, False):
        failed = [one for one in table.table(results, quiet=quiet) if "  failed  " in one]
        assert failed == [
            f"r1  failed  3 checks (tls.a, tls.b, tls.c): {text}",
            "r1  failed  time.clock: 5 s late",
            f"r2  failed  tls.a: {text}",
        ]


def test_evidence_is_short_and_has_no_query() -> None:
    evidence.taken()
    for _ in range(3):
        evidence.note_request("GET /v2/", 401)
    evidence.note_fact("units", {name: {} for name in "abcdef"})
    evidence.note("x" * 500)
    for number in range(20):
        evidence.note(f"line {number}\n")
    found = evidence.taken()
    assert found[:2] == ("GET /v2/ → 401 (3 times)", "on the host: units: 6 (a, b, c, d, …)")
    assert len(found) == evidence.LINES + 1
    assert found[-1] == "and 11 more"
    assert max(map(len, found)) <= evidence.CHARACTERS + 1
    assert evidence.taken() == ()
