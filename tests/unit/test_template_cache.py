"""Compiled templates are kept where nobody else can put one."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.rendering.template_cache import kept

SYNTAX = {"trim_blocks": True}


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_the_folder_is_the_users_alone(tmp_path: Path) -> None:
    assert kept(SYNTAX)
    made = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert len(made) == 3
    assert {path.stat().st_mode & 0o777 for path in made} == {0o700}


def test_another_syntax_has_another_folder(tmp_path: Path) -> None:
    kept(SYNTAX)
    kept({"trim_blocks": False})
    assert len(list((tmp_path / "holdfast" / "templates").iterdir())) == 2


@pytest.mark.parametrize("part", ["holdfast", "holdfast/templates"])
def test_what_others_can_write_to_is_not_used(tmp_path: Path, part: str) -> None:
    kept(SYNTAX)
    (tmp_path / part).chmod(0o777)
    assert kept(SYNTAX) is None


def test_a_link_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "holdfast").symlink_to(tmp_path / "elsewhere")
    assert kept(SYNTAX) is None


def test_where_nothing_can_be_written_templates_are_compiled_each_time(tmp_path: Path) -> None:
    (tmp_path / "holdfast").write_text("a file")
    assert kept(SYNTAX) is None
