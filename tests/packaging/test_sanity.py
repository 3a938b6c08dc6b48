"""Ansible's own judgement of the collection: `ansible-test sanity`, as Galaxy would run it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".cache" / "ansible-test"
"""Home of ansible-test: the environments that it installs stay there for the next run."""
PARTS = ("galaxy.yml", "README.md", "meta", "playbooks", "plugins", "roles", "tests/sanity")
TESTS = ("action-plugin-docs", "ansible-doc", "import", "no-assert", "replace-urlopen")
TESTS += ("runtime-metadata", "validate-modules", "yamllint")
"""Those that see what ruff and this repository's yamllint do not."""
BOOTSTRAP = "import ensurepip\nensurepip.bootstrap()\n"
"""Brings pip into a new environment, instead of a script that ansible-test would download."""

OF_PIP = ("cert", "index-url", "extra-index-url", "find-links", "proxy", "trusted-host")
"""Settings by which a machine reaches its package index."""


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """A copy of the collection at the path that ansible-test asks for."""
    folder = tmp_path / "ansible_collections" / "holdfast" / "registry"
    for part in PARTS:
        source, to = ROOT / part, folder / part
        if source.is_dir():
            shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, to)
    return folder


def keep_settings_of_pip(path: Path) -> None:
    """Write pip's settings of the environment, which ansible-test does not pass on, to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    given = {name: os.environ.get(f"PIP_{name.upper().replace('-', '_')}") for name in OF_PIP}
    lines = [f"{name} = {value}" for name, value in given.items() if value]
    path.write_text("\n".join(["[global]", *lines, ""]))
    path.chmod(0o600)


def sanity(collection: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run sanity tests on the copy."""
    script = HOME / ".ansible/test/cache/get_pip_24_2.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(BOOTSTRAP)
    keep_settings_of_pip(HOME / ".config/pip/pip.conf")
    wanted = [word for name in tests for word in ("--test", name)]
    version = ".".join(map(str, sys.version_info[:2]))
    program = Path(sys.executable).with_name("ansible-test")
    return subprocess.run(
        [program, "sanity", "--color", "no", "--python", version, *wanted],
        cwd=collection,
        env={**os.environ, "HOME": str(HOME), "PATH": f"{program.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_ansible_finds_nothing_wrong(collection: Path) -> None:
    done = sanity(collection, *TESTS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_action_without_documentation_is_found(collection: Path) -> None:
    (collection / "plugins/modules/status.py").unlink()
    done = sanity(collection, "action-plugin-docs")
    assert "plugins/action/status.py:0:0: action plugin has no matching module" in done.stdout
