"""Each line of a log is read once, whatever rotation, compression and restarts do in between."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.facts.tail import Tail
from hypothesis import given, settings
from hypothesis import strategies as st

KEPT = 4
"""Files that a rotation keeps."""


class Log:
    """A log as nginx and logrotate treat it: the writer goes on with the old file for a while."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "access.log"
        self.path.touch()
        self.stream = self.path.open("ab")
        self.written: list[bytes] = []

    def write(self, *texts: bytes) -> None:
        for text in texts:
            line = b"%d %s\n" % (len(self.written), text)
            self.written.append(line)
            self.stream.write(line)
        self.stream.flush()

    def cut(self, text: bytes) -> None:
        """Write a line in two parts; what follows makes it whole."""
        self.stream.write(b"%d %s" % (len(self.written), text))
        self.stream.flush()

    def end(self, text: bytes) -> None:
        self.written.append(b"%d %s\n" % (len(self.written), text))
        self.stream.write(b"\n")
        self.stream.flush()

    def rotate(self) -> None:
        """Rename, as `delaycompress` does; the writer still has the old file."""
        last = self.path.with_name("access.log.1")
        for number in range(KEPT, 1, -1):
            older = self.path.with_name(f"access.log.{number}.gz")
            if older.exists():
                older.rename(self.path.with_name(f"access.log.{number + 1}.gz"))
        if last.exists():
            packed = gzip.compress(last.read_bytes())
            self.path.with_name("access.log.2.gz").write_bytes(packed)
            last.unlink()
        self.path.rename(last)

    def reopen(self) -> None:
        self.stream.close()
        self.stream = self.path.open("ab")


def read(tail: Tail) -> list[bytes]:
    return list(tail.lines())


def restarted(path: Path, tail: Tail) -> Tail:
    """Return the reader of a new process, which has the marks from a file."""
    return Tail(str(path), json.loads(json.dumps(tail.marks)))


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def begun(log: Log) -> Tail:
    tail = Tail(str(log.path))
    assert read(tail) == []
    return tail


def test_a_first_start_begins_at_the_end(log: Log) -> None:
    log.write(b"old", b"older")
    tail = begun(log)
    log.write(b"new")
    assert read(tail) == [b"2 new\n"]
    assert not tail.gaps


def test_a_log_that_is_missing_or_empty_at_first_is_read_from_its_begin(log: Log) -> None:
    log.path.unlink()
    tail = begun(log)
    log.reopen()
    assert read(tail) == []
    log.write(b"first")
    assert read(tail) == [b"0 first\n"]
    assert not tail.gaps


def test_a_line_is_read_when_it_is_complete(log: Log) -> None:
    tail = begun(log)
    log.cut(b"half")
    assert read(tail) == []
    log.end(b"half")
    assert read(tail) == [b"0 half\n"]


def test_the_old_file_is_read_on_while_somebody_writes_to_it(log: Log) -> None:
    tail = begun(log)
    log.write(b"a")
    log.rotate()
    log.write(b"b")
    new = log.path.open("ab")
    new.write(b"of another worker\n")
    new.flush()
    assert read(tail) == [b"0 a\n", b"1 b\n", b"of another worker\n"]
    log.write(b"late")
    assert read(tail) == [b"2 late\n"]


def test_rotations_while_nobody_reads_lose_nothing(log: Log) -> None:
    log.write(b"before")
    tail = begun(log)
    log.written.clear()
    for number in range(KEPT):
        log.write(b"x" * number, b"y")
        log.rotate()
        log.reopen()
    tail = restarted(log.path, tail)
    assert read(tail) == log.written
    assert read(tail) == []
    assert not tail.gaps


def test_files_that_went_away_are_a_gap_and_nothing_is_read_twice(log: Log) -> None:
    tail = begun(log)
    log.write(b"a")
    read(tail)
    for path in log.path.parent.iterdir():
        path.unlink()
    log.reopen()
    log.write(b"b")
    assert read(tail) == [b"1 b\n"]
    assert tail.gaps == 1
    assert read(tail) == []


def test_a_log_that_is_truncated_is_read_from_its_begin(log: Log) -> None:
    tail = begun(log)
    log.write(b"a", b"b")
    read(tail)
    os.truncate(log.path, 0)
    assert read(tail) == []
    log.write(b"c")
    assert read(tail) == [b"2 c\n"]


def test_a_link_in_place_of_the_log_is_not_followed(log: Log, tmp_path: Path) -> None:
    other = tmp_path / "secret"
    other.write_bytes(b"secret\n")
    tail = begun(log)
    log.path.unlink()
    log.path.symlink_to(other)
    assert read(tail) == []


def test_a_reader_that_stops_in_the_middle_reads_the_rest_later(log: Log) -> None:
    tail = begun(log)
    log.write(b"a", b"b", b"c")
    lines = tail.lines()
    assert next(lines) == b"0 a\n"
    lines.close()
    assert read(restarted(log.path, tail)) == [b"1 b\n", b"2 c\n"]


STEPS = st.lists(
    st.one_of(
        st.binary(max_size=20).map(lambda raw: ("write", raw.replace(b"\n", b""))),
        st.sampled_from([("read", b""), ("restart", b""), ("rotate", b""), ("reopen", b"")]),
        st.sampled_from([("cut", b""), ("stop", b"")]),
    ),
    max_size=40,
)


class Course:
    """A course of events, and all lines that were read in it."""

    def __init__(self, folder: Path) -> None:
        self.log = Log(folder)
        self.log.write(b"before")
        self.tail = begun(self.log)
        self.seen = self.log.written[:]
        self.unread = 0
        self.half = False

    def step(self, step: str, text: bytes) -> None:
        if step in ("write", "rotate", "reopen", "cut"):
            self.finish()
        getattr(self, step)(*([text] if step == "write" else []))

    def finish(self) -> None:
        if self.half:
            self.log.end(b"half")
        self.half = False

    def write(self, text: bytes) -> None:
        self.log.write(text)

    def cut(self) -> None:
        self.log.cut(b"half")
        self.half = True

    def rotate(self) -> None:
        # More files than are kept would be lost without a read.
        path = self.log.path
        if self.unread < KEPT and path.exists() and path.stat().st_size:
            self.log.rotate()
            self.unread += 1

    def reopen(self) -> None:
        self.log.reopen()

    def restart(self) -> None:
        self.tail = restarted(self.log.path, self.tail)

    def stop(self) -> None:
        lines = self.tail.lines()
        self.seen += [line for _, line in zip(range(2), lines, strict=False)]
        lines.close()

    def read(self) -> None:
        self.seen += read(self.tail)
        self.unread = 0


@settings(max_examples=40, deadline=None)
@given(steps=STEPS)
def test_any_course_reads_each_line_once(
    steps: list[tuple[str, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    course = Course(tmp_path_factory.mktemp("log"))
    for step, text in steps:
        course.step(step, text)
    course.finish()
    course.read()
    # A writer that is late leaves its lines in the older file: the order is not promised.
    assert sorted(course.seen) == sorted(course.log.written)
    assert not course.tail.gaps
