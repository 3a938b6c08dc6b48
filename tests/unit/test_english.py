"""Check that docstrings and pages are in plain technical English (CONTRIBUTING, "Words")."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.hardening import CONTROLS

ROOT = Path(__file__).parents[2]
OPENING = re.compile(r"(?:What|Whether|How|Where|Which|Who|Whom|Whose|Why|When)\b")
FOLDERS = ("src", "plugins", "testhosts", "benchmarks", "demo", "release", "website")
PAGES = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])

NOT_YET: tuple[str, ...] = ()
"""Folders that are not clean yet. The list may only shrink."""

CODE = re.compile(r"^(```+).*?^\1|`[^`\n]+`", re.M | re.S)
"""Code in Markdown: names and output are no prose."""


def unused_words() -> list[str]:
    """Return the words in the first column of CONTRIBUTING's table of words that are not used."""
    table = (ROOT / "CONTRIBUTING.md").read_text().partition("| not used | instead |")[2]
    rows = table.partition("\n\n")[0].splitlines()[2:]
    return [word for row in rows for word in row.split("|")[1].strip().split(", ")]


WORDS = re.compile(rf"\b(?:{'|'.join(map(re.escape, unused_words()))})\b", re.IGNORECASE)


def docstrings(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each docstring, those below constants and fields included."""
    for node in ast.walk(ast.parse(text)):
        body = getattr(node, "body", None)
        for one in body if isinstance(body, list) else ():
            value = one.value if isinstance(one, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield one.lineno, value.value


def prose(page: Path) -> str:
    """Return a page without its code, and without the titles that are rendered on hosts."""
    text = CODE.sub(lambda found: "\n" * found[0].count("\n"), page.read_text())
    # These titles are comments of rendered files. A change there restarts services on every host.
    for one in CONTROLS if page.name == "controls.md" else ():
        text = text.replace(one.holds, "")
    return text


def faults_of(text: str) -> Iterator[str]:
    """Yield the reasons why a docstring is not in plain English."""
    if OPENING.match(text):
        yield f"opens with {text.split(maxsplit=1)[0]}"
    yield from (f'has "{found[0]}"' for found in WORDS.finditer(text))


def in_code(folder: str) -> list[str]:
    """Return the faults in a folder's docstrings, each with its place."""
    return [
        f"{path.relative_to(ROOT)}:{line}: {fault}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "_bundle" not in path.parts
        for line, text in docstrings(path.read_text())
        for fault in faults_of(text)
    ]


def in_pages() -> list[str]:
    """Return the words that are not used in the documentation, each with its place."""
    return [
        f'{page.relative_to(ROOT)}:{number}: has "{found[0]}"'
        for page in PAGES
        for number, line in enumerate(_without_the_list(page).splitlines(), 1)
        for found in WORDS.finditer(line)
    ]


def _without_the_list(page: Path) -> str:
    before, mark, after = prose(page).partition("| not used | instead |")
    return before + (after.partition("\n\n")[2] if mark else "")


@pytest.mark.parametrize("folder", [*FOLDERS, "docs"])
def test_a_folder_is_in_plain_english(folder: str) -> None:
    found = in_pages() if folder == "docs" else in_code(folder)
    if folder in NOT_YET:
        assert found, f"{folder} is clean. Remove it from NOT_YET"
    else:
        assert found == []


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("Return the port.", []),
        ("Whatever the host reports.", []),
        ("What the host reports.", ["opens with What"]),
        ("Whether it runs.", ["opens with Whether"]),
        ("Return what was asked for.", ['has "asked"']),
        ("Make it anew, as told.", ['has "anew"', 'has "told"']),
    ],
)
def test_faults_are_found(text: str, faults: list[str]) -> None:
    assert list(faults_of(text)) == faults


def test_the_list_in_contributing_is_read() -> None:
    assert {"told", "asked", "anew", "takes up", "of one's own"} <= set(unused_words())
