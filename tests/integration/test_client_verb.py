"""holdfast client as a user runs it: printed, and applied in a mount namespace of its own."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from holdfast.certificates import Folder
from testhosts.machine import as_root

INVENTORY = """
registry:
  hosts:
    r1:
      registry_hostname: registry.example.com
      registry_distribution_source: package
      registry_auth_users: [{name: alice, password: correct-horse-battery}]
"""
APPLY = """
set -e
mount -t tmpfs none /etc/ssl
{command} --apply
{command} --apply
find /etc/ssl -type f -printf '%P %m\\n'
{command} --apply --remove
find /etc/ssl -mindepth 1 -name '*auth*' -exec cat {{}} +
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An inventory whose authority was made already."""
    (tmp_path / "hosts.yml").write_text(INVENTORY)
    Folder(tmp_path / "pki").open_or_create("example.com", 30, datetime.now(UTC), ("example.com",))
    return tmp_path


def command(folder: Path, *arguments: str) -> list[str]:
    """Return the command line of `holdfast client` on the inventory."""
    argv = [sys.executable, "-m", "holdfast", "client", *arguments]
    return [*argv, "-i", str(folder)] if arguments else argv


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it."""
    return subprocess.run(command(folder, *arguments), capture_output=True, text=True, check=False)


def test_it_prints_a_script_or_an_object(folder: Path) -> None:
    done = run(folder, "docker")
    assert done.returncode == 0, done.stderr
    assert "put 644 /etc/docker/certs.d/registry.example.com/ca.crt" in done.stdout
    assert (folder / "pki/ca.crt").read_text().strip() in done.stdout
    done = run(folder, "docker", "--json")
    assert json.loads(done.stdout)["files"][0]["path"].endswith("/ca.crt")
    done = run(folder)
    assert "holdfast client KIND -i INVENTORY" in done.stdout
    (folder / "pki/ca.crt").unlink()
    done = run(folder, "docker")
    assert done.returncode == 2
    assert "expected the authority that clients trust, found none" in done.stderr


def test_it_applies_and_takes_away(folder: Path) -> None:
    home = ["--home", "/etc/ssl/home", "--user", "ci"]
    argv = shlex.join([*command(folder, "podman"), *home])
    environment = f"PATH={os.environ['PATH']} XDG_STATE_HOME={folder}/.state"
    inner = APPLY.format(command=f"echo s3cret | {environment} {argv}")
    inner = inner.replace("mount -t", "mount -t tmpfs none /etc/containers; mount -t", 1)
    done = subprocess.run(
        as_root(["unshare", "--mount", "sh", "-c", inner]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert "written  /etc/containers/certs.d/registry.example.com/ca.crt" in lines
    assert "Nothing to do: already configured." in lines
    assert "home/.config/containers/auth.json 600" in lines
    assert "removed  /etc/ssl/home/.config/containers/auth.json" in lines
    assert "s3cret" not in done.stdout
