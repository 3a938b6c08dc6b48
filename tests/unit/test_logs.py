"""Lines of logs: the last ones, those after a place, and those of a file that was rotated away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.report import logs
from ansible_collections.holdfast.registry.plugins.module_utils.system import systemd
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError
from click.testing import CliRunner

from holdfast.cli.logs import _Plain
from holdfast.cli.main import group
from holdfast.errors import InputError


@pytest.fixture
def access(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "access.log"
    monkeypatch.setattr(logs, "FILES", {"access": str(path), "audit": str(tmp_path / "none")})
    path.write_bytes(b"one\ntwo\nthree \x1b[2J\ncut")
    return path


def order(what: str = "access", unit: str = "", lines: int = 2, cursor: str = "") -> Any:
    return {"what": what, "unit": unit, "lines": lines, "cursor": cursor}


def test_the_last_complete_lines_are_shown(access: Path) -> None:
    found = logs.read(order())
    assert found["lines"] == ["two", "three \\x1b[2J"]
    with access.open("ab") as stream:
        stream.write(b" off\nfour\n")
    more = logs.read(order(cursor=found["cursor"]))
    assert more["lines"] == ["cut off", "four"]
    assert logs.read(order(cursor=more["cursor"]))["lines"] == []


def test_no_line_is_lost_when_a_log_is_rotated(access: Path) -> None:
    place = logs.read(order())["cursor"]
    with access.open("ab") as stream:
        stream.write(b"\nlast of the old\n")
    access.rename(f"{access}.1")
    access.write_bytes(b"first of the new\n")
    found = logs.read(order(cursor=place))
    assert found["lines"] == ["cut", "last of the old", "first of the new"]
    assert logs.read(order(cursor=found["cursor"]))["lines"] == []


def test_a_shorter_file_begins_again(access: Path) -> None:
    place = logs.read(order())["cursor"]
    access.write_bytes(b"new\n")
    assert logs.read(order(cursor=place))["lines"] == ["new"]


def test_a_link_is_no_log(access: Path) -> None:
    access.unlink()
    access.symlink_to("/etc/hostname")
    with pytest.raises(OSError, match="link"):
        logs.read(order())


def test_a_log_that_is_not_there_says_why() -> None:
    with pytest.raises(StepError, match="It is written with registry_auth_mode"):
        logs.read(order("audit"))


@pytest.fixture
def units(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Programs that were run, instead of a journal that this machine may lack."""
    ran: list[list[str]] = []

    def run_checked(argv: list[str], what: str) -> str:
        assert what
        ran.append(argv)
        return "2026-01-01 registry[1]: up\x07\n-- cursor: s=1;i=2\n"

    monkeypatch.setattr(systemd, "run_checked", run_checked)
    monkeypatch.setattr(logs, "names", lambda: ["gc", "registry"])
    return ran


def test_the_journal_goes_on_after_its_cursor(units: list[list[str]]) -> None:
    found = logs.read(order("units", "registry", 7))
    assert found == {"lines": ["2026-01-01 registry[1]: up\\x07"], "cursor": "s=1;i=2"}
    assert units[0][-3:] == [
        *("--unit=holdfast-registry.service", "--unit=holdfast-registry@*.service"),
        "--lines=7",
    ]
    logs.read(order("units", cursor="s=1;i=2"))
    assert "--unit=holdfast-*" in units[1]
    assert units[1][-1] == "--after-cursor=s=1;i=2"


def test_an_unknown_unit_is_answered_with_those_that_there_are(units: list[list[str]]) -> None:
    with pytest.raises(StepError, match="logs: expected one of gc, registry, got x") as caught:
        logs.read(order("units", "x"))
    assert caught.value.wrong_input
    assert units == []


def test_one_of_the_logs_is_shown(tmp_path: Path) -> None:
    done = CliRunner().invoke(group, ["logs", "registry", "--audit", "-i", str(tmp_path)])
    assert isinstance(done.exception, InputError)


@pytest.mark.parametrize("hosts", [["r1"], ["r1", "r2"]])
def test_a_host_is_named_if_there_are_several(
    hosts: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    display = _Plain(quiet=False)
    for host in hosts:
        display._hosts.add(host)
    line = {"event": "phase", "phase": "log", "state": "ok", "host": "r1", "text": "[a] b"}
    display.show(line)
    assert capsys.readouterr().out == ("r1  [a] b\n" if len(hosts) > 1 else "[a] b\n")
