"""Logs of runs: which are kept, what is recorded of each, and what `holdfast history` shows."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from holdfast.cli.main import group
from holdfast.errors import InputError
from holdfast.playbook import Playbook, records

run = import_module("holdfast.playbook.run")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "holdfast/logs"


def ran(number: int, verb: str = "deploy", **facts: Any) -> None:
    playbook = Playbook(verb, (Path("acme"),), variables={"holdfast_reason": facts.pop("m", None)})
    log = records.new_log(playbook)
    log = log.with_name(f"20260101-0000{number:02}-{verb}-1.log")
    log.write_text(f"PLAY {number}\n\x1b[2J\n")
    records.write(playbook, log, {"exit": "OK", "hosts": ["r1"], "changes": {}, **facts})


def shown(*arguments: str) -> str:
    done = CliRunner().invoke(group, ["history", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_runs_that_look_do_not_remove_the_log_of_a_deploy(state: Path) -> None:
    ran(1)
    (state / "20260101-000000-deploy-check-1.log").touch()
    for number in range(30):
        (state / f"20260102-0000{number:02}-status-1.log").touch()
    for playbook in (Playbook("status", ()), Playbook("deploy", (), check=True)):
        records.new_log(playbook).touch()
    kinds = [records._kind(path) for path in state.glob("*.log")]
    assert {one: kinds.count(one) for one in kinds} == {
        "deploy": 1,
        "deploy-check": 2,
        "status": 20,
    }


def test_a_record_goes_with_its_log(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "KEPT_CHANGING", 3)
    for number in range(5):
        ran(number)
    ran(9, "status")
    assert len(list(state.glob("*-deploy-*.log"))) == len(list(state.glob("*.json"))) == 3


def test_the_history_shows_who_did_what_and_why() -> None:
    ran(1, changes={"r1": ["activate: 7 -> 8"]}, m="more room")
    ran(2, "rollback", exit="FAILED", hosts=["r2"])
    ran(3, "key_rotate", exit="INTERRUPTED", hosts=[])
    first, second, _, third, changes = shown().splitlines()
    assert first.startswith("  1  ")
    assert "key_rotate   interrupted  by " in first
    assert "rollback     failed" in second
    assert third.endswith(": more room")
    assert changes == "     r1  activate: 7 -> 8"
    assert "more room" not in shown("-q")
    assert shown("--limit", "r2").startswith("  2  ")
    assert [json.loads(line)["verb"] for line in shown("--json").splitlines()] == [
        *("key_rotate", "rollback", "deploy")
    ]


def test_the_log_of_a_run_is_printed_without_control_characters() -> None:
    ran(1)
    assert shown("--log", "1") == "PLAY 1\n\\x1b[2J\n"
    done = CliRunner().invoke(group, ["history", "--log", "2"])
    assert isinstance(done.exception, InputError)
    assert "--log: expected a run, there are 1 to 1, got 2" in str(done.exception)


def test_an_inventory_shows_its_own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("acme", "other"):
        (tmp_path / name).mkdir()
    ran(1)
    assert "deploy" in shown("-i", "acme")
    assert shown("-i", "other") == "No run that could change a host is recorded here.\n"


def test_a_run_that_cannot_begin_is_recorded_with_its_reason(tmp_path: Path) -> None:
    nowhere = tmp_path / "hosts.yml"
    nowhere.write_text("registry: [\n")
    playbook = Playbook("deploy", (nowhere,), variables={"holdfast_reason": "try"})
    with pytest.raises(InputError):
        run.run(playbook, lambda _: None)
    (one,) = records.records()
    assert (one["exit"], one["reason"], one["hosts"]) == ("INPUT", "try", [])
    assert Path(one["log"]).exists()


def test_a_check_is_not_recorded(state: Path) -> None:
    records.write(Playbook("deploy", (), check=True), state / "x.log", {"exit": "OK"})
    assert records.records() == []
