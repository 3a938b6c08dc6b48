"""What plain Ansible shows of a task, and the phases that its tags choose."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.plugin_utils import lines, tables
from ansible_collections.holdfast.registry.plugins.plugin_utils.output import shown
from ansible_collections.holdfast.registry.plugins.plugin_utils.phases import chosen

EVERY = {"preflight", "install", "deploy", "smoke"}
PLAY = {"inventory_hostname": "r1", "ansible_play_hosts_all": ["r1", "registry2"]}
STAGED = {"phase": "generation", "state": "changed", "text": "8 staged", "seconds": 0.44}


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOLDFAST_EVENTS", raising=False)


@pytest.mark.parametrize(
    ("tags", "skipped", "left"),
    [
        (["all"], [], EVERY),
        (["registry"], [], EVERY),
        (["preflight"], [], {"preflight"}),
        (["preflight", "install"], [], {"preflight", "install"}),
        (["deploy"], [], {"deploy", "smoke"}),
        (["deploy"], ["smoke"], {"deploy"}),
        (["all"], ["smoke"], EVERY - {"smoke"}),
    ],
)
def test_tags_choose_phases(tags: list[str], skipped: list[str], left: set[str]) -> None:
    assert chosen(tags, skipped) == left


def test_a_line_says_host_phase_state_and_time() -> None:
    event = {"host": "r1", **STAGED, "lines": ["more"]}
    assert lines.whole(event, 9) == [
        "r1         generation    changed      8 staged (0.4 s)",
        "    more",
    ]


def test_a_result_has_its_events_as_output(capsys: pytest.CaptureFixture[str]) -> None:
    report = {"events": [STAGED], "facts": {"generation": 8}}
    found = shown({"changed": True, "holdfast": report}, PLAY)
    line = "r1         generation    changed      8 staged (0.4 s)"
    assert found == {
        "changed": True,
        "msg": line,
        "changes": ["generation: 8 staged"],
        "generation": 8,
    }
    assert capsys.readouterr().out == f"{line}\n"


def test_the_command_gets_the_result_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOLDFAST_EVENTS", "5")
    result = {"changed": True, "holdfast": {"events": [STAGED]}}
    assert shown(result, PLAY) is result
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("well", [True, False])
def test_what_is_not_well_fails_the_task(well: bool) -> None:
    found = shown({"changed": False, "holdfast": {"facts": {"well": well}}}, PLAY)
    assert found.get("failed", False) is not well


def test_output_has_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    shown({"holdfast": {"lines": ["said \x1b[2J"]}}, PLAY)
    assert "\x1b" not in capsys.readouterr().out


def test_findings_are_a_table() -> None:
    found = [
        {"about": "units", "state": "failed", "text": "dead", "todo": "See"},
        {"about": "generation", "state": "ok", "text": "7", "todo": ""},
    ]
    rows = tables.finding_rows({"r1": found})
    assert tables.findings(rows) == [
        "r1  units       failed   dead",
        "                         See",
        "r1  generation  ok       7",
    ]
    assert tables.findings(rows, quiet=True) == tables.findings(rows)[:2]
    assert tables.total(rows, 1) == "1 wrong on 1 host."


def test_generations_are_a_table() -> None:
    row: Any = {
        **{"number": 3, "state": "failed", "failure": "no answer", "time": None},
        **{"by": "ann", "reason": "", "version": "3.1.1"},
    }
    explained = {**row, "number": 4, "state": "current", "reason": "more room\x1b[2J"}
    assert tables.generations("r1", [row, explained], "deploy") == [
        "r1     3  failed   ?  registry 3.1.1  by ann  no answer",
        "r1     4  current  ?  registry 3.1.1  by ann: more room\\x1b[2J",
    ]
    assert tables.generations("r1", [], "deploy") == ["r1  none yet: deploy"]
