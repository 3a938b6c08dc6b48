"""Check that each link in the documentation leads to a file, and each anchor to a title."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("docs/*.md"),
        *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG")),
    ]
)
FENCED = re.compile(r"^( *)(```+|~~~+).*?^\1\2", re.M | re.S)
INLINE = re.compile(r"`[^`]*`")
LINK = re.compile(r"!?\[(?:[^][]|\[[^]]*\])*\]\(\s*(?P<to>[^()\s]+)\s*\)")
TITLE = re.compile(r"^#{1,6} (.+)$", re.M)


def links(text: str) -> Iterator[str]:
    """Yield the targets of the links in a page's prose."""
    yield from (found["to"] for found in LINK.finditer(INLINE.sub("`x`", FENCED.sub("", text))))


def anchors(text: str) -> set[str]:
    """Return the anchors that a forge gives to a page's titles."""
    made: set[str] = set()
    for title in TITLE.findall(FENCED.sub("", text)):
        plain = re.sub(r"[^\w\- ]", "", LINK.sub("x", title).lower()).strip().replace(" ", "-")
        again = 0
        while (name := f"{plain}-{again}" if again else plain) in made:
            again += 1
        made.add(name)
    return made


def fault_of(page: Path, target: str) -> str | None:
    """Return why a link leads nowhere, None if it leads somewhere. The network is not used."""
    if re.match(r"https?://|mailto:", target):
        return None
    name, _, anchor = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    if Path(name).is_absolute() or not path.is_relative_to(ROOT) or not path.exists():
        return "no such file in the repository"
    if anchor and (path.suffix != ".md" or anchor not in anchors(path.read_text())):
        return "no such title"
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_of_a_page_leads_somewhere(page: Path) -> None:
    found = {to: fault_of(page, to) for to in links(page.read_text())}
    assert {to: why for to, why in found.items() if why} == {}


def test_links_are_found() -> None:
    found = [to for page in PAGES for to in links(page.read_text())]
    assert len(found) > 150
    assert len([to for to in found if "#" in to]) > 15


@pytest.mark.parametrize(
    ("text", "faulty"),
    [
        ("[a](starting.md)", False),
        ("[a](starting.md#the-files)", False),
        ("[`a` b](starting.md#the-file)", True),
        ("[a\nb](nothing.md)", True),
        ("![a](performance/nothing.svg)", True),
        ("[a](/docs/starting.md)", True),
        ("[a](../../outside.md)", True),
    ],
)
def test_a_link_that_leads_nowhere_is_found(text: str, faulty: bool) -> None:
    (target,) = links(text)
    assert bool(fault_of(ROOT / "docs" / "index.md", target)) is faulty


def test_code_has_no_links() -> None:
    assert list(links("```\n[a](b.md)\n```\nand `[a](c.md)`")) == []


def test_anchors_are_those_of_a_forge() -> None:
    text = "# A `b_c`: d, e\n## Two\n## Two\n```sh\n# a comment\n```\n"
    assert anchors(text) == {"a-b_c-d-e", "two", "two-1"}
