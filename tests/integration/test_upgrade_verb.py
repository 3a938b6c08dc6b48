"""The upgrade verb as a user runs it, without a host that answers: real Ansible, real files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HOSTS = """---
registry:
  hosts:
    r1: {ansible_host: 127.0.0.1, ansible_port: 9, ansible_user: nobody}
"""
SETTINGS = """---
registry_hostname: registry.example.com
registry_platform: debian13
registry_distribution_source: package  # Debian's
registry_auth_users: [{name: alice, password: correct-horse-battery}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "hosts.yml").write_text(HOSTS)
    (tmp_path / "group_vars/registry.yml").write_text(SETTINGS)
    return tmp_path


def upgrade(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the verb, which has to leave the inventory as it is."""
    before = (folder / "group_vars/registry.yml").read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "holdfast", "upgrade", "-i", ".", *arguments],
        cwd=folder,
        env={**os.environ, "XDG_STATE_HOME": str(folder / ".state"), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (folder / "group_vars/registry.yml").read_bytes() == before
    return done


def test_a_version_that_nobody_knows_is_refused(folder: Path) -> None:
    done = upgrade(folder, "--to", "3.9.0", "--write")
    assert done.returncode == 2
    assert "--to: expected a version of which a checksum is known (3.1.1), got" in done.stderr


def test_a_setting_that_the_version_lacks_is_refused(folder: Path) -> None:
    path = folder / "group_vars/registry.yml"
    extra = "registry_extra_config: {compatibility: {schema1: {enabled: true}}}"
    path.write_text(f"{SETTINGS}{extra}\n")
    done = upgrade(folder, "--write")
    assert done.returncode == 2
    assert "r1, with 3.1.1: registry_extra_config.compatibility: removed in 3" in done.stderr


def test_a_host_that_does_not_answer_leaves_the_inventory(folder: Path) -> None:
    done = upgrade(folder, "--write")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "Nothing was changed." in done.stdout
