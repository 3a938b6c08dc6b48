"""Collection and Python package: one version, and a refusal wherever there are two."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import (
    VERSION,
    ControllerAction,
    mismatch,
)

from holdfast import __version__
from holdfast.collection import collection_root, collections_path

ROOT = Path(__file__).parents[2]
ACTIONS = sorted(path.stem for path in (ROOT / "plugins/action").glob("*.py"))


def test_every_place_names_the_same_version() -> None:
    assert __version__ == VERSION
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"] == VERSION
    requirements = (ROOT / "requirements.txt").read_text().splitlines()
    assert [line for line in requirements if not line.startswith("#")] == [f"holdfast=={VERSION}"]


@pytest.mark.parametrize("page", ["README.md", "docs/installing.md"])
def test_what_a_page_tells_to_install_is_this_version(page: str) -> None:
    found = re.findall(r"(?:==|registry-|holdfast-)(\d+\.\d+\.\d+)", (ROOT / page).read_text())
    assert set(found) == {VERSION}


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_begins_with_the_comparison(name: str) -> None:
    module = f"ansible_collections.holdfast.registry.plugins.action.{name}"
    assert issubclass(importlib.import_module(module).ActionModule, ControllerAction)


def test_the_same_version_is_accepted() -> None:
    assert mismatch(VERSION) == []


def test_a_missing_package_is_named_with_the_command() -> None:
    (line,) = mismatch("")
    assert line.endswith(f"found none. Run: {sys.executable} -m pip install holdfast=={VERSION}")


def test_another_version_is_named_with_both_commands() -> None:
    package, collection = mismatch("7.0.1")
    assert f"is {VERSION}, found 7.0.1. Run: " in package
    assert package.endswith(f"-m pip install holdfast=={VERSION}")
    command = "Run: ansible-galaxy collection install holdfast.registry:==7.0.1 --force -p "
    assert collection.endswith(f"{command}{collections_path()}")


def test_a_checkout_runs_its_own_collection() -> None:
    assert collection_root().resolve() == ROOT
    assert (collections_path() / "ansible_collections/holdfast/registry").resolve() == ROOT
