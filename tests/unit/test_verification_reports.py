"""Earlier reports: reading them, what changed since, and signatures of reports."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from holdfast.cli.main import group
from holdfast.cli.verify_reports import NAMESPACE
from holdfast.errors import InputError
from holdfast.signatures import sign
from holdfast.verification import Outcome, Results, table
from holdfast.verification.comparison import Change, compare
from holdfast.verification.report import page, previous
from holdfast.verification.results import State, Subject

KEY = "a" * 64


def results(generation: str, **states: State) -> Results:
    """Return results of the host r1; `tls_chain` names the control tls.chain."""
    outcomes = [Outcome("r1", n.replace("_", ".", 1), s, "", 0.1) for n, s in states.items()]
    subject = Subject("r1", "https://r1", KEY, "3.1.1", generation, "debian13")
    return Results(tuple(outcomes), 1, (subject,))


OLD = results("6", tls_chain="passed", tls_names="failed", tls_pair="passed", time_clock="passed")
NEW = results("7", tls_chain="failed", tls_names="passed", tls_pair="passed", tls_kinds="passed")


@pytest.mark.parametrize("kind", ["html", "json"])
def test_both_forms_of_a_report_compare_alike(kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"old.{kind}"
    text = page.page(OLD) if kind == "html" else json.dumps(OLD.as_dict())
    file.write_text(text, encoding="utf-8")
    found = compare(NEW, previous.read(file))
    assert found.controls == (
        Change("r1", "tls.chain", "passed", "failed"),
        Change("r1", "tls.names", "failed", "passed"),
        Change("r1", "tls.kinds", "", "passed"),
    )
    assert found.hosts == (Change("r1", "generation", "6", "7"),)
    assert found.not_repeated == {"r1": ("time.clock",)}
    assert not (found.new_hosts or found.gone_hosts)
    assert table.changes(found) == [
        f"Since old.{kind} of {found.began}: 2 controls changed, 1 of them failed now.",
        "r1  changed  tls.chain: was passed, is failed",
        "r1  changed  tls.names: was failed, is passed",
        "r1  changed  tls.kinds: is new: passed",
        "r1  changed  generation: was 6, is 7",
        "r1  changed  this run did not look at time.clock",
    ]


def test_a_report_equals_itself(tmp_path: Path) -> None:
    page.write(OLD, tmp_path / "old.html")
    found = compare(OLD, previous.read(tmp_path / "old.html"))
    assert table.changes(found) == [f"Since old.html of {found.began}: no control changed."]


def test_hosts_come_and_go(tmp_path: Path) -> None:
    page.write(OLD, tmp_path / "old.html")
    moved = replace(
        OLD,
        outcomes=tuple(replace(one, host="r2") for one in OLD.outcomes),
        subjects=(replace(OLD.subjects[0], host="r2"),),
    )
    found = compare(moved, previous.read(tmp_path / "old.html"))
    assert (found.new_hosts, found.gone_hosts, found.controls) == (("r2",), ("r1",), ())
    assert "r1  changed  this run did not look at the host" in table.changes(found)


def test_the_page_has_what_changed(tmp_path: Path) -> None:
    page.write(OLD, tmp_path / "old.html")
    found = compare(NEW, previous.read(tmp_path / "old.html"))
    text = page.page(NEW, found)
    assert f"old.html, <code>sha256:{found.digest}</code>" in text
    assert 'id="only-changed"' in text
    assert '<tr id="h1-tls.chain" class="is-failed is-changed">' in text
    assert '<tr id="h1-tls.pair" class="is-passed">' in text
    assert 'id="only-changed"' not in page.page(NEW)
    assert "<code>time.clock</code>" in text


WRONG = {
    "nothing": "",
    "a text": "hello",
    "other JSON": '{"ok": true}',
    "a list": "[1]",
    "wrong kinds": '{"began": 1, "hosts": 2, "checks": [3]}',
    "a wrong state": '{"began": "", "hosts": [], "checks": [{"host":"a","check":"b","state":"c"}]}',
    "a state that is a list": (
        '{"began": "", "hosts": [], "checks": [{"host":"a","check":"b","state":[]}]}'
    ),
    "another page": "<!doctype html><html><body>hello</body></html>",
    "a page with two results": '<data id="results" value="{}"></data>' * 2,
    "a page cut in the middle": page.page(OLD)[:-600],
    "deep JSON": '{"a":' * 100_000,
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_report_is_refused(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text(WRONG[kind], encoding="utf-8")
    with pytest.raises(InputError, match="expected a page of `holdfast verify --html FILE`"):
        previous.read(file)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="expected a page"):
        previous.read(tmp_path / "file")


def test_a_report_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    hostile = replace(OLD, subjects=(replace(OLD.subjects[0], url="https://r1"),)).as_dict()
    hostile["hosts"][0]["generation"] = "\x1b[31m6"
    hostile["began"] = "\x1b]0;title\x07"
    (tmp_path / "old.json").write_text(json.dumps(hostile))
    shown = "\n".join(table.changes(compare(NEW, previous.read(tmp_path / "old.json"))))
    assert "\x1b" not in shown
    assert "was \\x1b[31m6, is 7" in shown


@pytest.fixture
def key(tmp_path: Path) -> Path:
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(tmp_path / "key")]
    subprocess.run(argv, check=True)
    return tmp_path / "key"


def verified(report: Path, key: Path) -> bool:
    """Return True if ssh-keygen accepts the signature of a report as docs/verification.md says."""
    public = key.with_suffix(".pub").read_text()
    signers = report.with_name("allowed_signers")
    signers.write_text(f'auditor@example.com namespaces="holdfast-report" {public}')
    command = f"ssh-keygen -Y verify -f {signers} -I auditor@example.com -n holdfast-report"
    with report.open("rb") as text:
        argv = [*command.split(), "-s", f"{report}.sig"]
        return subprocess.run(argv, stdin=text, check=False, capture_output=True).returncode == 0


def test_a_signed_report_that_is_changed_is_found(tmp_path: Path, key: Path) -> None:
    report = tmp_path / "report.html"
    page.write(OLD, report)
    assert sign(report, key, NAMESPACE) == tmp_path / "report.html.sig"
    assert verified(report, key)
    report.write_text(report.read_text().replace("failed", "passed"))
    assert not verified(report, key)
    sign(report, key, NAMESPACE)  # an earlier signature is replaced, without a question
    assert verified(report, key)


def test_what_is_no_key_is_refused_and_leaves_no_signature(tmp_path: Path, key: Path) -> None:
    report = tmp_path / "report.html"
    page.write(OLD, report)
    sign(report, key, NAMESPACE)
    (tmp_path / "other").write_text("no key")
    with pytest.raises(InputError, match=r"other: expected an ssh key that signs; ssh-keygen said"):
        sign(report, tmp_path / "other", NAMESPACE)
    assert not (tmp_path / "report.html.sig").exists()


def test_wrong_options_are_refused_before_a_host_is_looked_at(tmp_path: Path, key: Path) -> None:
    def said(*options: str) -> str:
        done = CliRunner().invoke(group, ["verify", "-i", str(tmp_path), *options])
        assert isinstance(done.exception, InputError)
        return str(done.exception.lines[0])

    assert said("--sign", str(key)).startswith("--sign: expected a report to sign, found none.")
    missing = str(tmp_path / "none" / "report.html")
    assert said("--html", missing) == (
        f"{missing}: expected a folder for the report, found none. Create it"
    )
    assert "expected a page of `holdfast verify --html FILE`" in said("--since", str(key))
