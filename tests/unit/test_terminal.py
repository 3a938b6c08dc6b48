"""Output on a terminal: no word is broken at any width, and long work shows its progress."""

from __future__ import annotations

import os
import pty
import re
import struct
import subprocess
import sys
import termios
from fcntl import ioctl
from pathlib import Path

import click
import pytest

from holdfast.cli.main import VERBS, group
from holdfast.playbook.display import Lines
from holdfast.terminal import spinner, wrapped
from holdfast.verification import Counts, table
from tests.unit.test_verbs import ALL

LONG = "registry1  preflight     failed       /srv/registry: expected 20 GiB free, found 3"


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_a_line_breaks_between_its_words(columns: int) -> None:
    lines = wrapped(LONG, columns).split("\n")
    assert all(len(line) <= columns for line in lines)
    assert " ".join(lines).split() == LONG.split()
    assert all(line.startswith("  ") for line in lines[1:])
    assert wrapped(LONG, None) == LONG


def test_a_longer_word_stays_whole() -> None:
    address = f"https://{'a' * 60}.example"
    assert address in wrapped(f"See {address} for more", 40).split()


def test_further_lines_are_indented_as_the_first() -> None:
    assert wrapped("    " + "word " * 12, 40).split("\n")[1].startswith("      word")


@pytest.mark.parametrize("verb", ["", *VERBS, *ALL])
def test_help_breaks_no_word_in_40_columns(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, str] = {}
    for columns in ("40", "80"):
        monkeypatch.setenv("COLUMNS", columns)
        command: click.Command = group
        context = click.Context(group, info_name="holdfast")
        for word in verb.split():
            assert isinstance(command, click.Group)
            below = command.get_command(context, word)
            assert below
            command, context = below, below.context_class(below, info_name=word, parent=context)
        found[columns] = command.get_help(group.context_class(command, info_name="holdfast"))
    if verb in ALL:  # a list of verbs has the beginnings of their sentences
        assert found["40"].split() == found["80"].split()
    wide = [line for line in found["40"].split("\n") if len(line) > 40]
    assert all(len(line.split()) == 1 for line in wide), wide


def test_the_counts_of_a_verification_fit_a_narrow_terminal() -> None:
    groups = {name: Counts(passed=12, failed=0) for name in ("tls", "auth", "http", "logs", "net")}
    assert len(table._grid("r1", groups, None)) == 2
    narrow = table._grid("r1", groups, 40)
    assert len(narrow) > 2
    assert all(len(line) <= 40 for line in narrow)


PROGRAM = """
import time
from holdfast.cli.waiting import Waiting
from holdfast.playbook.display import Lines
with Waiting("Looks at the hosts") as waiting:
    time.sleep(0.3)
    waiting.show("3 of 266  registry1  tls.protocols")
    time.sleep(0.5)
lines = Lines()
lines.show({"event": "phase", "host": "registry1", "phase": "preflight", "state": "failed",
            "text": "expected 20 GiB free in /srv/registry, found three",
            "lines": ["Run: holdfast deploy"]})
"""


def on_terminal(columns: int, program: str = PROGRAM, **environment: str) -> str:
    """Return what a program writes to a terminal of so many columns."""
    reading, writing = pty.openpty()
    ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    known = {name: text for name, text in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    done = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=writing,
        stdout=writing,
        stderr=writing,
        env={**known, "TERM": "xterm", **environment},
        cwd=Path(__file__).parents[2],
    )
    os.close(writing)
    said = b""
    try:
        while more := os.read(reading, 4096):
            said += more
    except OSError:  # the other end is closed
        pass
    os.close(reading)
    assert done.wait(30) == 0
    return said.decode("utf-8", "replace")


def test_a_terminal_shows_how_far_it_is_and_breaks_between_words() -> None:
    said = on_terminal(40)
    assert "Looks at the hosts" in said
    assert "3 of 266" in said
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said)
    after = plain[plain.index("preflight") - 12 :].replace("\r", "").split("\n")
    assert all(len(line) <= 40 for line in after), after
    assert "expected 20 GiB free in /srv/registry, found three" in " ".join(" ".join(after).split())


def test_a_dumb_terminal_gets_no_control_characters() -> None:
    said = on_terminal(80, TERM="dumb", NO_COLOR="1")
    assert "\x1b" not in said


def test_no_colour_is_heeded() -> None:
    assert not re.search(r"\x1b\[[0-9;]*3\d", on_terminal(80, NO_COLOR="1"))


def test_a_terminal_without_utf_8_gets_ascii() -> None:
    said = on_terminal(80, PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert "3 of 266" in said
    assert said.isascii()
    assert (spinner("utf-8"), spinner("iso-8859-1")) == ("dots", "line")


def test_nothing_is_wrapped_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    text = "word " * 60
    phase = {"event": "phase", "host": "r1", "phase": "gate", "state": "ok", "text": text}
    lines.show({**phase, "lines": []})
    assert capsys.readouterr().out == f"r1  {text}\n"


HOSTS = """
from holdfast.playbook.display import Lines
lines = Lines()
lines.show({{"event": "play", "hosts": {hosts}}})
for host in {hosts}:
    for phase in ("preflight", "activate"):
        lines.show({{"event": "phase", "host": host, "phase": phase, "state": "ok", "text": "good",
                    "lines": ["more"]}})
"""


def shown_of(hosts: list[str]) -> list[str]:
    """Return the lines that a terminal has of two phases of hosts."""
    said = on_terminal(80, program=HOSTS.format(hosts=hosts))
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said).replace("\r", "").splitlines()


def test_a_terminal_has_the_name_of_the_only_host_once() -> None:
    assert shown_of(["registry1"]) == [
        "registry1",
        "  preflight     ok           good",
        "  more",
        "  activate      ok           good",
        "  more",
    ]


def test_with_several_hosts_each_line_has_its_host() -> None:
    several = [line for line in shown_of(["r1", "r2"]) if "good" in line]
    assert [line.split()[0] for line in several] == ["r1", "r1", "r2", "r2"]


def test_a_file_has_the_host_in_each_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    lines.show({"event": "play", "hosts": ["r1"]})
    phase = {"event": "phase", "host": "r1", "phase": "gate", "state": "ok", "text": "good"}
    lines.show({**phase, "lines": []})
    assert capsys.readouterr().out == "r1  good\n"
