"""The runner of all jobs: record, metrics, lines, lock, deadline; and the timers of the jobs."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.system import files
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import (
    Job,
    Outcome,
    gauge,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError


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
