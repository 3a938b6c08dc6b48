"""The runner of all jobs: record, metrics, lines, lock, deadline; and the timers of the jobs."""

from __future__ import annotations

import copy
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.system import files
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import (
    Job,
    Outcome,
    gauge,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError
from ansible_collections.holdfast.registry.plugins.plugin_utils import job_run

from holdfast.cli import jobs as cli
from holdfast.deploying import desired, jobs
from holdfast.settings import parse
from tests.unit.conftest import CHECKSUM

USER = {"name": "alice", "password": "correct-horse-battery"}


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job("count", str(tmp_path), str(tmp_path / "jobs"))


def fails() -> Outcome:
    raise StepError("the disk: expected a disk, found none")


def test_a_run_leaves_a_record_metrics_and_lines(
    job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = time.time()
    done = Outcome({"images": 3}, ("3 images",), (), (gauge("count_images", "Images.", 3),))
    assert job.main(lambda: done, seconds=5, lock=None) == 0
    last = job.last
    assert last is not None
    assert before <= last["begun"] <= (last["ended"] or 0) <= time.time()
    assert (last["result"], last["problem"], last["figures"]) == ("ok", "", {"images": 3})
    assert last["good"] == last["begun"]
    text = (tmp_path / "holdfast-count.prom").read_text()
    assert "holdfast_count_failed 0\n" in text
    assert "holdfast_count_images 3\n" in text
    assert f"holdfast_count_time_seconds {last['begun']!r}\n" in text
    assert capsys.readouterr().out == "3 images\n"


def test_a_failure_keeps_the_figures_of_the_last_good_run(
    job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job.run(lambda: Outcome({"images": 3}))
    first = job.last
    assert first
    assert job.main(fails, seconds=5, lock=None) == 1
    last = job.last
    assert last is not None
    assert (last["result"], last["figures"]) == ("failed", {"images": 3})
    assert last["good"] == first["begun"]
    assert last["begun"] > first["begun"]
    assert "expected a disk" in last["problem"]
    assert "expected a disk" in capsys.readouterr().err
    assert "holdfast_count_failed 1\n" in (tmp_path / "holdfast-count.prom").read_text()


def test_findings_are_a_warning(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    found = tuple(f"image {number} is damaged" for number in range(25))
    assert job.main(lambda: Outcome(7, (), found), seconds=5, lock=None) == 1
    last = job.last
    assert last is not None
    assert (last["result"], last["figures"]) == ("warning", 7)
    assert last["problem"].endswith("image 19 is damaged; and 5 others")
    assert capsys.readouterr().err.count("\n") == 25


def test_a_defect_is_recorded_and_not_hidden(job: Job) -> None:
    with pytest.raises(ZeroDivisionError):
        job.main(lambda: Outcome(1 // 0), seconds=5, lock=None)
    last = job.last
    assert last is not None
    assert last["result"] == "failed"


def test_a_run_that_is_late_or_stopped_fails(job: Job) -> None:
    def sleeps() -> Outcome:
        time.sleep(5)
        return Outcome()

    def stopped() -> Outcome:
        os.kill(os.getpid(), signal.SIGTERM)
        return sleeps()

    begun = time.monotonic()
    for work, said in ((sleeps, "within 0 s"), (stopped, "stopped before")):
        assert job.main(work, seconds=0.2, lock=None) == 1
        last = job.last
        assert last is not None
        assert said in last["problem"]
    assert time.monotonic() - begun < 3
    assert signal.getsignal(signal.SIGTERM) is not None


def test_another_holder_of_the_lock_is_named(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LOCK_SECONDS", 0.2)
    lock = str(tmp_path / "lock")
    with files.locked(lock):
        assert job.main(lambda: Outcome(1), seconds=5, lock=lock) == 1
    last = job.last
    assert last is not None
    assert last["figures"] is None
    assert f"process '{os.getpid()} " in last["problem"]


def test_a_record_says_that_it_runs(job: Job) -> None:
    def looks() -> Outcome:
        return Outcome(job.last)

    seen = job.run(looks).figures
    assert (seen["result"], seen["ended"]) == ("running", None)


def state(result: str = "ok", **more: Any) -> Any:
    last = {"begun": 1000.0, "ended": 1012.0, "result": result, "problem": "", "good": 1000.0}
    common = {"name": "gc", "timed": True, "running": False, "next": None, "unit": "success"}
    return {**common, "last": {**last, "figures": None, **more.pop("last", {})}, **more}


KILLED = {"last": {"ended": None}}
STATES: dict[str, tuple[Any, str, str]] = {
    "done": (state(), "ok", ""),
    "runs": (state(running=True), "running", ""),
    "found something": (state("warning", last={"problem": "x"}, unit="exit-code"), "warning", "x"),
    "failed": (state("failed", last={"problem": "x"}, unit="exit-code"), "failed", "x"),
    "took too long": (state(unit="timeout"), "failed", "systemd ended it: timeout"),
    "killed": (state("running", **KILLED), "failed", "it was killed"),
    "never ran": ({**state(), "last": None}, "ok", ""),
    "failed at once": ({**state(unit="exit-code"), "last": None}, "failed", "it left no record"),
}


@pytest.mark.parametrize("name", STATES)
def test_the_result_of_the_last_run(name: str) -> None:
    given, result, problem = STATES[name]
    found = jobs.result(given)
    assert found[0] == result
    assert found[1].startswith(problem)
    said = list(jobs.lines([given]))
    if result in ("ok", "running"):
        assert said == []
    else:
        ((phase, level, text),) = said
        assert (phase, level) == ("jobs", result)
        assert text.startswith("gc: ")
        assert text.endswith(". See: journalctl -u holdfast-gc.service; then: holdfast jobs run gc")


def test_only_a_job_that_can_be_repeated_is_advised_again() -> None:
    found, failed = STATES["found something"][0], STATES["failed"][0]
    for given, ends in (
        ({**found, "name": "restore"}, "restore.service"),
        ({**failed, "name": "restore"}, "; then: holdfast jobs run restore"),
        (
            {**state("failed", last={"problem": "none. Run: holdfast deploy"}), "name": "drill"},
            "See: journalctl -u holdfast-drill.service; then: holdfast jobs run drill",
        ),
    ):
        ((_, _, text),) = jobs.lines([given])
        assert text.endswith(ends)


def test_findings_that_other_lines_have_are_said_once() -> None:
    assert list(jobs.lines([{**STATES["found something"][0], "name": "storage"}])) == []
    assert list(jobs.lines([{**STATES["failed"][0], "name": "storage"}]))


def test_a_row_says_last_and_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    at = {"last": {"begun": 3600.0, "ended": 3600.0 + 754}, "next": 90000.0}
    begin = "gc            ok       last 1970-01-01 01:00   13 min  next 1970-01-02 01:00"
    assert jobs.row(state(**at)) == begin
    never = {**state(timed=False), "last": None}
    assert jobs.row(never).split() == ["gc", "-", "last", "never", "-", "next", "by", "hand"]
    assert jobs.row(STATES["failed"][0]).endswith("  x")


SETTINGS = {
    "registry_hostname": "r.example.com",
    "registry_auth_users": [USER],
    "registry_distribution_checksum": CHECKSUM,
}


def test_every_job_is_in_the_manifest_with_a_timer_that_spreads_and_catches_up() -> None:
    given = {**SETTINGS, "registry_retention": [{"repositories": ["**"], "drop": ["*"]}]}
    host = desired(parse(given))
    units = host.expect["units"]
    assert {"certificates", "gc", "retention", "storage"} <= set(units["jobs"])
    for name in units["jobs"]:
        timer = host.tree[f"systemd/holdfast-{name}.timer"].content
        assert "RandomizedDelaySec=" in timer
        assert ("Persistent=yes" in timer) is (name != "storage")  # it runs every five minutes
        assert f"holdfast-{name}.timer" in units["started"]


def test_a_job_without_a_schedule_is_started_by_hand() -> None:
    units = desired(parse({**SETTINGS, "registry_gc_schedule": ""})).expect["units"]
    assert "gc" in units["jobs"]
    assert "/etc/systemd/system/holdfast-gc.service" in units["linked"]
    assert "/etc/systemd/system/holdfast-gc.timer" not in units["linked"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [([], "list"), (["-q"], "list"), (["list"], "list"), (["run", "gc"], "run")],
)
def test_a_command_without_a_name_lists(given: list[str], expected: str) -> None:
    context = cli.command.make_context("jobs", [*given])
    assert [*context._protected_args, *context.args][0] == expected


class Host:
    """A host that answers one state after the other."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), list[tuple[str, Any]]()

    def host(self, verb: str, order: Any = None) -> Any:
        self.asked.append((verb, order))
        return {"answer": self.answers.pop(0)}


BEFORE = state()
AFTER = state(last={"begun": 2000.0, "ended": 2001.0})
RUNNING = state("running", running=True, last={"begun": 2000.0, "ended": None})
RUNS: dict[str, tuple[list[Any], str]] = {
    "one that is done": ([BEFORE, RUNNING, RUNNING, AFTER], "ok"),
    "the first": ([{**BEFORE, "last": None}, AFTER], "ok"),
    "one that ran already": ([RUNNING, RUNNING, AFTER], "ok"),
    "one that ends at once": ([BEFORE, AFTER], "ok"),
    "one without a record": ([BEFORE, BEFORE], "failed"),
    "one that was killed": ([BEFORE, RUNNING, {**RUNNING, "running": False}], "failed"),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_waited_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, result = RUNS[name]
    naps = list[float]()
    monkeypatch.setattr(job_run.time, "sleep", naps.append)
    host: Any = Host(*copy.deepcopy(answers))
    assert jobs.result(job_run.run_job(host, "gc", everything=True))[0] == result
    order = {"name": "gc", "everything": True}
    assert host.asked == [("job-start", order), *[("job-look", order)] * (len(answers) - 1)]
    assert len(naps) == len(answers) - 1
