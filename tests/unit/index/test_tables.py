"""Tables of the index: 80 columns, complete names, and strangers' text on one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.index import (
    answers,
    schema,
    writing,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils import index_tables

from tests.unit.index import stores

STATE = {"complete": True, "looked": 1, "problem": ""}
HOSTILE = {"evil": "a\x1b[31m\nred\u202e" + "x" * 200, "<b>": "{{ 1 }}"}
QUESTIONS = {
    "catalog": {"pattern": ""},
    "search": {"text": "team", "most": 20},
    "inspect": {"repository": "team/app", "tag": "", "digest": ""},
}


@pytest.fixture
def given(tmp_path: Path) -> Any:
    store = Directory(str(tmp_path / "images"))
    digest = stores.image(store, [b"1", b"2"], HOSTILE)
    stores.revision(store, "team/app", digest)
    stores.tag(store, "team/app", "v1", digest)
    listing = stores.index(store, [digest])
    stores.revision(store, "team/app", listing)
    stores.tag(store, "team/app", "all", listing)
    database = schema.opened(str(tmp_path / "index.db"))
    writing.update(database, store, "team/app")
    return database


def table(found: Any) -> list[str]:
    return index_tables.lines({"state": STATE, "found": found, "error": ""})  # type: ignore[typeddict-item]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_table_has_80_columns(given: Any, question: str) -> None:
    lines = table(answers.answer(given, question, QUESTIONS[question]))
    assert any("team/app" in line for line in lines)
    assert all(len(line) <= 80 and line.isprintable() for line in lines), lines


@pytest.mark.parametrize("tag", ["v1", "all"])
def test_an_image_is_safe_to_print(given: Any, tag: str) -> None:
    order = {"repository": "team/app", "tag": tag, "digest": ""}
    _, *lines = table(answers.answer(given, "inspect", order))
    assert all(len(line) <= 80 and line.isprintable() for line in lines), lines
    if tag == "v1":
        assert "\\x1b" in "".join(lines) and "  label     <b>={{ 1 }}" in lines
    else:
        assert any(line.startswith("  platform") for line in lines)


def test_nothing_found_and_an_index_that_is_behind_are_said() -> None:
    assert table([]) == ["nothing found"]
    state: Any = {"complete": False, "looked": 7, "problem": "disk\nfull"}
    assert index_tables.warnings(state) == [
        "index: not complete yet, 7 repositories of the store are compared",
        "index: disk\\nfull",
    ]
