"""The pages of the site are made from the repository's Markdown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from website import outside
from website.markdown import for_generator

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("written", "led"),
    [
        ("[a](../CONTRIBUTING.md#words)", "[a](contributing.md#words)"),
        ("[b\nc](../inventory/team)", "[b\nc](examples.md#team)"),
        ("[`d`](../tests/trials/results)", "`d`"),
        ("[e](starting.md#the-files)", "[e](starting.md#the-files)"),
    ],
)
def test_a_link_out_of_the_folder_leads_to_a_page_of_the_site(written: str, led: str) -> None:
    assert outside.link(f"x {written}.") == f"x {led}."


def test_files_outside_the_folder_become_pages() -> None:
    pages = outside.pages(ROOT)
    assert set(pages) == {"changes.md", "contributing.md", "examples.md"}
    assert "](docs/" not in "".join(pages.values())
    examples = pages["examples.md"]
    folders = {one.name for one in (ROOT / "inventory").iterdir() if one.is_dir()}
    assert set(re.findall(r"^## (.+)$", examples, re.M)) == folders


def test_each_page_is_in_the_navigation_once() -> None:
    nav = (ROOT / "website/mkdocs.yml").read_text().partition("\nnav:\n")[2]
    named = sorted(re.findall(r"([\w-]+\.md)$", nav, re.M))
    there = {page.name for page in (ROOT / "docs").glob("*.md")} | set(outside.pages(ROOT))
    assert named == sorted(there), "website/mkdocs.yml: give each page one line"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            "1. a\n   b\n\n   ```sh\n   c\n   ```\n2. d",
            "1. a\n    b\n\n    ```sh\n    c\n    ```\n2. d",
        ),
        ("- a\n  - b\n\n  c", "- a\n    - b\n\n    c"),
        ("- a\n\nb\n\n  c", "- a\n\nb\n\n  c"),
        ("```yaml\n- a\n  b: c\n```\n\nd", "```yaml\n- a\n  b: c\n```\n\nd"),
        ("a\n\n    code", "a\n\n    code"),
        ("- a\n\n```yaml\nb:\n  - c\n```", "- a\n\n```yaml\nb:\n  - c\n```"),
    ],
)
def test_what_is_below_an_item_is_indented_by_four(written: str, read: str) -> None:
    assert for_generator(written) == read
