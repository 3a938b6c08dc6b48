"""Write CHANGELOG.md from changelogs/: python -m release.changelog"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from holdfast.versions import number

ROOT = Path(__file__).parents[1]
WIDTH = 120
Changes = Mapping[str, Any]
"""Texts by section, as a fragment and a release of changelog.yaml have them."""


def main() -> None:
    """Write the file of this clone."""
    (ROOT / "CHANGELOG.md").write_text(rendered(ROOT / "changelogs"), encoding="utf-8")


def rendered(folder: Path) -> str:
    """Return CHANGELOG.md: what is not released yet, then the releases, the newest first."""
    titles: dict[str, str] = dict(_read(folder / "config.yaml")["sections"])
    waiting = _together(map(_read, sorted((folder / "fragments").glob("*.yml"))))
    released = _read(folder / "changelog.yaml")["releases"]
    newest = sorted(released, key=number, reverse=True)
    chapters = [("Not released yet", waiting)] if waiting else []
    chapters += [
        (f"{name}, {released[name]['release_date']}", released[name]["changes"]) for name in newest
    ]
    lines = ["# Changes", ""]
    for title, changes in chapters:
        lines += [f"## {title}", "", *_chapter(changes, titles)]
    return "\n".join(lines).rstrip() + "\n"


def _chapter(changes: Changes, titles: Mapping[str, str]) -> Iterator[str]:
    if summary := changes.get("release_summary"):
        yield from (*textwrap.wrap(_markdown(summary), WIDTH), "")
    for section, title in titles.items():
        if texts := changes.get(section):
            yield from (f"### {title}", "")
            for text in sorted(texts, key=_area):
                yield from _item(text)
            yield ""


def _item(text: str) -> list[str]:
    """Return the lines of an entry: `area - text`."""
    said = " ".join(text.split()).partition(" - ")[2]
    whole = f"- **{_area(text)}**: {_markdown(said)}"
    return textwrap.wrap(
        whole, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _area(text: str) -> str:
    return text.partition(" - ")[0]


def _markdown(text: str) -> str:
    """Return a text of a fragment, which marks code as reStructuredText does, as Markdown."""
    return text.replace("``", "`")


def _together(fragments: Iterator[Changes]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in fragments:
        for section, texts in one.items():
            found.setdefault(section, []).extend(texts)
    return found


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
