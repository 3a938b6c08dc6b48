"""Prepare the pages, let the generator write the site, and put it in its place."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from testhosts.cache import cache
from testhosts.machine import HarnessError, run
from website import generator, outside
from website.markdown import for_generator

ROOT = Path(__file__).parents[1]
OWN = Path(__file__).parent
MARK = "search.json"
"""File that each site has."""


class SiteError(Exception):
    """The site cannot be written; the text says why."""


def build(target: Path, root: Path = ROOT) -> None:
    """Write the site to a folder, in place of an earlier one. Raises SiteError.

    A link that leads nowhere is an error.
    """
    _refuse(target)
    program = generator.program()
    with tempfile.TemporaryDirectory(dir=cache(), prefix="site-") as name:
        work = Path(name)
        prepare(root, work)
        try:
            run([str(program), "build", "--strict", "-f", str(work / "mkdocs.yml")], timeout=120)
        except HarnessError as error:
            raise SiteError(f"the site: expected pages without faults: {error}") from None
        if target.exists():
            shutil.rmtree(target)
        shutil.copytree(work / "site", target)


def prepare(root: Path, work: Path) -> None:
    """Write configuration, pages and assets to a folder, as the generator expects them."""
    shutil.copy(OWN / "mkdocs.yml", work)
    docs = work / "docs"
    shutil.copytree(root / "docs", docs)
    shutil.copytree(OWN / "assets", docs / "assets")
    for name, text in outside.pages(root).items():
        (docs / name).write_text(text)
    for page in docs.glob("*.md"):
        page.write_text(for_generator(outside.link(page.read_text())))


def _refuse(target: Path) -> None:
    """Refuse a folder that is no earlier site: building would remove what is in it."""
    if target.exists() and not (target.is_dir() and (target / MARK).is_file()):
        raise SiteError(
            f"{target}: expected no such folder, or an earlier site; it is something else."
            " Remove it, or name another folder"
        )
