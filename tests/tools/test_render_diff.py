"""render-diff sees each file that another tree renders differently, in every inventory."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import render_diff

SUPPLIED = ("acme", "ldap", "mirror", "s3")
"""Scenarios that look up an authority which only their test host makes."""


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the working tree's code in which one template differs."""
    tree = tmp_path_factory.mktemp("other")
    for name in ("src", "plugins", "roles", "playbooks", "templates", "meta"):
        shutil.copytree(render_diff.ROOT / name, tree / name)
    shutil.copy(render_diff.ROOT / "galaxy.yml", tree)
    shutil.copytree(render_diff.ROOT / ".collections", tree / ".collections", symlinks=True)
    template = tree / "templates/proxy/nginx.conf.j2"
    template.write_text(template.read_text() + "# another end\n")
    return tree


@pytest.mark.parametrize("scenario", SUPPLIED)
def test_a_scenario_that_looks_up_a_file_of_its_host_renders(tmp_path: Path, scenario: str) -> None:
    inventory = tmp_path / "inventory"
    shutil.copytree(render_diff.ROOT / "molecule" / scenario / "inventory", inventory)
    shutil.rmtree(inventory / "pki", ignore_errors=True)
    render_diff.stand_in(inventory)
    found = render_diff.rendered(render_diff.ROOT, inventory)
    assert found.keys() > {f"molecule-{scenario}/registry/config.yml"}, found


def test_a_file_that_differs_is_shown_and_the_rest_is_not(other: Path) -> None:
    inventory = render_diff.ROOT / "inventory" / "single"
    before = {"single": render_diff.rendered(render_diff.ROOT, inventory)}
    after = {"single": render_diff.rendered(other, inventory)}
    (text,) = render_diff.differences(before, after)
    assert text.splitlines()[0] == "single: registry1/proxy/nginx.conf"
    assert text.splitlines()[-1] == "+# another end"
    assert render_diff.differences(before, before) == []


def test_rights_and_files_that_come_and_go_are_shown() -> None:
    file = {"text": "a", "mode": "0440", "owner": "root", "group": "root"}
    found = render_diff.differences(
        {"one": {"h/a": file, "h/gone": file}}, {"one": {"h/a": {**file, "mode": "0644"}}}
    )
    assert found == [
        "one: h/a\nmode: 0440 -> 0644",
        "one: h/gone\nmode: 0440 -> none\nowner: root -> none\ngroup: root -> none\n"
        "@@ -1 +0,0 @@\n-a",
    ]


def test_what_is_no_commit_is_refused() -> None:
    argv = [sys.executable, "-m", "tests.render_diff", "no-such-commit"]
    done = subprocess.run(argv, cwd=render_diff.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no-such-commit: expected a commit of this repository. Run: make" in done.stdout
