"""What our own tools install from an index has a version and hashes, in locks/."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DEPENDENCIES = PROJECT["project"]["dependencies"]
BUILD = PROJECT["build-system"]["requires"]
DEV = PROJECT["project"]["optional-dependencies"]["dev"]
WANTED = {"dev": [*DEPENDENCIES, *DEV, *BUILD], "use": [*DEPENDENCIES, *BUILD]}
PYTHONS = ("3.11", "3.12", "3.13")
OURS = ("Makefile", "testhosts", "demo", "benchmarks", "website", "tests/packaging", ".ci/run")
"""What installs something: files, and folders of programs."""
ENTRY = re.compile(r"^(\S.*?)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n", re.MULTILINE)


def entries(name: str) -> dict[str, Requirement]:
    """Return the lines of a lock by themselves; each has at least one hash."""
    text = (ROOT / "locks" / f"{name}.txt").read_text()
    assert ENTRY.sub("", text) == "", "each entry has hashes, and nothing else is there"
    return {line: Requirement(line) for line, _ in ENTRY.findall(text)}


def pinned(name: str, python: str) -> dict[str, str]:
    """Return the version of each package that a lock has for a Python on Linux."""
    where = {
        **default_environment(),
        "python_version": python,
        "python_full_version": f"{python}.9",
    }
    found: dict[str, str] = {}
    for one in entries(name).values():
        if one.marker is None or one.marker.evaluate({**where}):
            (only,) = one.specifier
            assert only.operator == "=="
            assert found.setdefault(canonicalize_name(one.name), only.version) == only.version
    return found


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", WANTED)
def test_a_lock_has_what_pyproject_asks_for(name: str, python: str) -> None:
    versions = pinned(name, python)
    for text in WANTED[name]:
        wanted = Requirement(text)
        version = versions.get(canonicalize_name(wanted.name), "none")
        assert wanted.specifier.contains(version), f"{wanted}: {version}. Run: make lock"


@pytest.mark.parametrize("python", PYTHONS)
def test_users_get_the_versions_that_are_tested(python: str) -> None:
    assert pinned("use", python).items() <= pinned("dev", python).items()


@pytest.mark.parametrize(
    ("name", "tool"),
    [("setuptools", "setuptools"), ("sslyze", "sslyze"), ("uv", "uv"), ("docs", "zensical")],
)
def test_a_tool_of_its_own_is_pinned(name: str, tool: str) -> None:
    assert tool in pinned(name, "3.13")


def installs() -> Iterator[tuple[str, str]]:
    """Yield place and text of each line of ours that has pip install something."""
    for one in OURS:
        path = ROOT / one
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            # A word of the shell, or an argument of Python.
            word = '"install"' if file.suffix == ".py" else " install "
            lines = file.read_text().splitlines()
            yield from (
                (f"{one}: {file.name}", line) for line in lines if "pip" in line and word in line
            )


def test_nothing_of_ours_is_installed_without_hashes() -> None:
    known = list(installs())
    expected = {
        *("Makefile: Makefile", "testhosts: scanners.py", "website: generator.py"),
        "tests/packaging: conftest.py",
    }
    assert expected <= {place for place, _ in known}
    for place, line in known:
        hashed = re.search(r"--require-hashes|\$\(HASHED\)|\*locked|--no-index", line)
        # LOCK= is for an index that has other versions.
        chosen = line.endswith("install --editable '.[dev]'") and place.startswith("Makefile")
        assert hashed or chosen, f"{place}: {line}"
