"""bench-check on real versions: one that was made slow on purpose is found."""

from __future__ import annotations

import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

from benchmarks import against, versions
from benchmarks.comparison import Measure, compare

SLOW, ROUNDS = "import time\n\ntime.sleep(0.5)\n", 7
"""Delay that is certainly measurable beside other tests."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the tracked files of the working tree, with uncommitted changes."""
    folder = tmp_path_factory.mktemp("source")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=versions.ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (versions.ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(versions.ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def built(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return versions.build(source, tmp_path_factory.mktemp("as-it-is"))


def test_a_version_that_starts_slowly_is_found(source: Path, built: Path, tmp_path: Path) -> None:
    main = source / "src/holdfast/cli/main.py"
    text = main.read_text()
    main.write_text(text + SLOW)
    try:
        slow = versions.build(source, tmp_path)
    finally:
        main.write_text(text)
    assert not versions.same(built, slow)
    ways = [partial(against.started, versions.python(one), times=1) for one in (built, slow)]
    (verdict,) = compare([Measure("start", lambda _: ways)], ROUNDS)
    assert verdict.worse
    assert verdict.again


def test_the_same_files_are_the_same_version(source: Path, built: Path, tmp_path: Path) -> None:
    assert versions.same(built, versions.build(source, tmp_path))


def test_a_version_runs_its_own_files(built: Path) -> None:
    requested = "import holdfast.collection as c; print(c.__file__); print(c.collections_path())"
    argv = [versions.python(built), "-c", requested]
    said = subprocess.run(argv, capture_output=True, text=True, check=True, env={}).stdout
    assert all(line.startswith(str(built)) for line in said.splitlines())


def test_a_commit_that_is_none_is_refused() -> None:
    assert against.main(["no-such-commit"]) == 2
