"""The manual pages: one for each verb, with all that its help says, and without faults of roff."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from holdfast.cli.main import VERBS
from holdfast.cli.manual import pages, text
from tests import man
from tests.skips import lacks
from tests.unit.test_verbs import ALL, helped

PAGES = pages()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as files, written as the wheel's build writes them."""
    made = tmp_path_factory.mktemp("man")
    subprocess.run([sys.executable, "-m", "holdfast.cli.manual", str(made)], check=True)
    return made


def words(shown: str) -> list[str]:
    """Return the words of a text without overstrikes and without breaks in words."""
    return re.sub("\u2010\n *", "", re.sub(".\b", "", shown)).split()


def test_each_verb_has_a_page() -> None:
    assert set(PAGES) == {"holdfast.1", *(f"holdfast-{verb}.1" for verb in VERBS)}
    assert all(f"holdfast\\-{verb} (1)" in PAGES["holdfast.1"] for verb in VERBS)


@pytest.mark.parametrize("verb", ALL)
def test_it_has_all_options_of_the_help(verb: str) -> None:
    page = PAGES[f"holdfast-{verb.split(maxsplit=1)[0]}.1"]
    for one in ALL[verb].params:
        if isinstance(one, click.Option):
            assert all(text(name) in page for name in one.opts), one.opts
            assert " ".join(text(one.help or "").split()) in " ".join(page.split())
    example = re.search(r"^  Example: (.+)$", helped(*verb.split()), re.MULTILINE)
    assert example
    assert text(example[1].rstrip()) in page


def test_man_shows_it_without_a_warning(folder: Path) -> None:
    program = man.program()
    if not program:
        lacks("man", "no man here: make tools")
    for name in ("holdfast.1", "holdfast-deploy.1", "holdfast-user.1"):
        argv = [program, "--warnings", "-l", str(folder / name)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        title = name.removesuffix(".1").upper()
        assert words(done.stdout)[0] == f"{title}(1)"
        assert "NAME" in words(done.stdout)


def test_mandoc_finds_no_fault(folder: Path) -> None:
    if not shutil.which("mandoc"):
        lacks("man", "no mandoc here: make tools")
    argv = ["mandoc", "-T", "lint", "-W", "warning", *sorted(map(str, folder.iterdir()))]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    # A date would be another one in each build.
    faults = [one for one in done.stdout.splitlines() if "missing date" not in one]
    assert faults == []


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (".hidden -x", "\\&.hidden \\-x"),
        ("'quoted", "\\&'quoted"),
        ("a\\b", "a\\eb"),
        ("0 ok · 1", "0 ok \\[u00B7] 1"),
        ("a\n.b", "a\n\\&.b"),
    ],
)
def test_a_text_is_no_request_of_roff(given: str, written: str) -> None:
    assert text(given) == written
