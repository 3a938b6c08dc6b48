"""Test the changelog: what is written is what the fragments say, and each entry has its form."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from release.changelog import rendered

ROOT = Path(__file__).parents[2]
CHANGELOGS = ROOT / "changelogs"


def test_the_file_is_what_the_fragments_say() -> None:
    assert (ROOT / "CHANGELOG.md").read_text() == rendered(CHANGELOGS), "Run: make changelog"


@pytest.mark.parametrize("path", sorted(CHANGELOGS.glob("fragments/*")), ids=lambda path: path.name)
def test_an_entry_says_what_it_is_about(path: Path) -> None:
    fragment = yaml.safe_load(path.read_text())
    summary = fragment.pop("release_summary", None)
    assert fragment or summary
    for texts in fragment.values():
        for text in texts:
            assert re.fullmatch(r"[a-z-]+ - \S.*[.)]", text), text


def test_releases_follow_each_other_below_what_is_not_released(tmp_path: Path) -> None:
    (tmp_path / "fragments").mkdir()
    (tmp_path / "config.yaml").write_text((CHANGELOGS / "config.yaml").read_text())
    one = {"minor_changes": ["proxy - ``b`` is new.", "access - a is new."]}
    (tmp_path / "fragments/a.yml").write_text(yaml.safe_dump(one))
    releases = {
        "1.9.0": {"release_date": "2027-01-01", "changes": {"release_summary": "The *first* one."}},
        "1.10.0": {"release_date": "2027-02-01", "changes": {"bugfixes": ["gate - c holds."]}},
    }
    (tmp_path / "changelog.yaml").write_text(yaml.safe_dump({"releases": releases}))
    assert rendered(tmp_path).split("\n\n") == [
        "# Changes",
        "## Not released yet",
        "### Changed",
        "- **access**: a is new.\n- **proxy**: `b` is new.",
        "## 1.10.0, 2027-02-01",
        "### Mended",
        "- **gate**: c holds.",
        "## 1.9.0, 2027-01-01",
        "The *first* one.\n",
    ]
