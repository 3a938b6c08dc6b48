"""The builder keeps an index current without anybody's help, and names what it cannot read."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.index import builder as building
from ansible_collections.holdfast.registry.plugins.module_utils.index.builder import Builder
from ansible_collections.holdfast.registry.plugins.module_utils.index.service import answer

from tests.unit.index import stores
from tests.waiting import until

WITHIN = 20.0


class Running:
    """A builder at work on a store."""

    def __init__(self, folder: Path) -> None:
        self.store = Directory(str(folder / "images"))
        self.path = folder / "index.db"
        self.builder = Builder(
            {
                "directory": str(folder / "images"),
                "log": str(folder / "access.log"),
                "database": str(self.path),
            }
        )
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.builder.run, args=(self.ended,))

    def push(self, name: str, tag: str = "v1") -> None:
        digest = stores.image(self.store, [name.encode(), tag.encode()], {})
        stores.revision(self.store, name, digest)
        stores.tag(self.store, name, tag, digest)

    def asked(self, question: str = "search", **given: Any) -> Any:
        blank = {"text": "", "most": 50, "pattern": "", "repository": "", "tag": "", "digest": ""}
        order = {"question": question, "given": {**blank, **given}}
        return answer(self.builder, str(self.path), json.dumps(order).encode())

    def names(self) -> list[str]:
        found = self.asked("catalog")["found"] or {"repositories": []}
        return [one["repository"] for one in found["repositories"]]


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    for name in ("LEAST_PAUSE", "LEAST_RETRY", "TURN_SECONDS"):
        monkeypatch.setattr(building, name, 0.05)
    monkeypatch.setattr(building, "SHARE", 0.0)
    one = Running(tmp_path)
    yield one
    one.ended.set()
    if one.thread.ident:
        one.thread.join()


def marked(path: Path, order: str = "pragma application_id") -> int:
    """Return the mark that a file has and a new one has not; with an order, set it."""
    with contextlib.closing(sqlite3.connect(path, timeout=WITHIN)) as database:
        return int((database.execute(order).fetchone() or [0])[0])


def test_it_follows_a_store_without_any_hint(running: Running) -> None:
    running.push("team/app")
    assert running.builder.state["complete"] is False
    running.thread.start()
    until(lambda: running.names() == ["team/app"] and running.builder.state["complete"])
    running.push("team/web")
    until(lambda: running.names() == ["team/app", "team/web"])
    stores.untag(running.store, "team/app", "v1")
    until(lambda: running.asked("inspect", repository="team/app")["found"]["tags"] == [])


def test_a_reader_that_finds_damage_has_the_index_made_again(running: Running) -> None:
    running.push("team/app")
    running.thread.start()
    until(lambda: running.names() == ["team/app"])
    marked(running.path, "pragma application_id=7")
    running.builder.damaged.set()
    until(lambda: running.names() == ["team/app"] and not marked(running.path))


def test_a_folder_that_cannot_be_read_is_named_and_the_others_are_there(running: Running) -> None:
    running.push("team/app")
    running.push("team/odd")
    folder = Path(running.store.path("repositories/team/odd/_manifests/tags"))
    folder.rename(folder.with_name("kept"))
    folder.write_text("no folder")
    running.thread.start()
    until(lambda: "team/odd" in running.builder.state["problem"])
    assert running.names() == ["team/app"]
    folder.unlink()
    folder.with_name("kept").rename(folder)
    until(lambda: running.names() == ["team/app", "team/odd"])
    until(lambda: running.builder.state["problem"] == "")


def test_a_place_that_cannot_be_written_is_said_and_tried_again(running: Running) -> None:
    running.push("team/app")
    running.path.mkdir()
    (running.path / "in the way").touch()
    running.thread.start()
    until(lambda: str(running.path) in running.builder.state["problem"])
    assert running.asked("catalog")["error"]
    (running.path / "in the way").unlink()
    running.path.rmdir()
    until(lambda: running.names() == ["team/app"] and not running.builder.state["problem"])


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"no json", b"[]", b"\xff", b"[" * 60_000),
        *(b'{"question": "x", "given": {}}', b'{"question": "search"}'),
        b'{"question": "search", "given": {"text": "app", "most": 1%s}}' % (b"0" * 30),
    ],
)
def test_a_wrong_question_has_a_reason_as_its_answer(running: Running, line: bytes) -> None:
    running.thread.start()
    until(running.path.exists)
    found = answer(running.builder, str(running.path), line)
    assert found["found"] is None and found["error"].startswith("index: expected")
