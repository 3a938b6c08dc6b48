"""Text of others, shown in one line without what cannot be seen; and read without a failure."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    foreign_text,
    progress,
    systemd,
)

from holdfast.playbook.run import _printable
from holdfast.verification import Outcome, Results
from holdfast.verification.probe import logs
from holdfast.verification.report import junit, page
from holdfast.verification.results import Subject

FOREIGN = "a\x1b[31mred \x00 raw\udcff\udcfe\nr1  passed  forged \u202e \u2028 \x85 \ufffe end"
SHOWN = (
    r"a\x1b[31mred \x00 raw\xff\xfe\nr1  passed  forged \u202e \u2028 \x85 \ufffe end"  # one line
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ü and 漢", "plain text, ü and 漢"),
        (FOREIGN, SHOWN),
        ("tab\tand\rreturn", r"tab\tand\rreturn"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_cannot_be_seen_is_escaped(text: str, shown: str) -> None:
    assert foreign_text.visible(text) == shown
    assert foreign_text.visible(shown) == shown


def test_only_a_line_feed_ends_a_line() -> None:
    assert foreign_text.lines("one\x0btwo\x85three\r\n\n four\tfive\n") == [
        r"one\x0btwo\x85three",
        " four five",
    ]


def test_bytes_of_others_are_decoded() -> None:
    assert foreign_text.decode(b"a\xffb") == r"a\xffb"


def test_a_program_may_print_any_bytes() -> None:
    argv = [
        sys.executable,
        "-c",
        r"import os; os.write(1, b'Referer: a\xff\x1b[2J\rforged\nmore\n')",
    ]
    assert systemd.tail(systemd.run(argv).stdout) == [r"Referer: a\xff\x1b[2J\rforged", "more"]


def test_what_a_deploy_says_is_one_line_each() -> None:
    error = progress.StepError(FOREIGN, [FOREIGN])
    assert (error.message, error.lines, str(error)) == (SHOWN, [SHOWN], SHOWN)
    log = progress.Log()
    log.add("check", "ok", FOREIGN)
    assert log.events[0]["text"] == SHOWN


def test_events_are_safe_to_print() -> None:
    event = {"event": "phase", "state": "ok", "text": FOREIGN, "lines": [FOREIGN]}
    printed = _printable(event)
    assert (printed["text"], printed["lines"]) == (SHOWN, [SHOWN])


def as_json(results: Results, path: Path) -> None:
    path.write_text(json.dumps(results.as_dict(), ensure_ascii=False), encoding="utf-8")
    json.loads(path.read_text(encoding="utf-8"))


def as_junit(results: Results, path: Path) -> None:
    junit.write(results, path)
    failure = ElementTree.parse(path).find(".//failure")
    assert failure is not None
    assert failure.get("message") == SHOWN


@pytest.mark.parametrize("write", [as_json, as_junit, page.write])
def test_every_report_takes_the_text_of_others(
    write: Callable[[Results, Path], None], tmp_path: Path
) -> None:
    results = Results(
        (Outcome("r1", "storage.special", "failed", FOREIGN, 0.1),),
        1,
        (Subject("r1", "https://r1", "ab", "3.1.1", FOREIGN, FOREIGN, FOREIGN),),
    )
    path = tmp_path / "report"
    write(results, path)
    text = path.read_text(encoding="utf-8")
    assert not {c for c in text if not c.isprintable()} - {"\n"}
    assert "raw" in text


def test_a_name_that_is_no_utf_8_reaches_the_report(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/raw\xff\xfe")).touch()
    found = json.loads(json.dumps([path.name for path in tmp_path.iterdir()]))[0]
    assert Outcome("r1", "storage.special", "failed", found, 0).text == r"raw\xff\xfe"


def test_a_line_of_json_with_a_foreign_byte_stays_an_object(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(b'{"path": "/v2/\xff"}\n')
    (line,) = logs.tail(str(log))["lines"]
    assert json.loads(line) == {"path": "/v2/\N{REPLACEMENT CHARACTER}"}
